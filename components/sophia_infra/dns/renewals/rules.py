"""Whether a change of a zone would break the next renewal of a certificate. Pure; docs/rules.md has the code."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.renewals import CONNECTING, LABELS
from sophia_infra.dns.renewals.foretold import answer_of
from sophia_infra.dns.renewals.persist import Allowance
from sophia_infra.dns.renewals.renewal import Renewal
from sophia_infra.dns.rr.caa import Order, refusal, relevant
from sophia_infra.dns.rr.txt import decode as decode_txt
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import TYPES, Answer, Question
from sophia_infra.values import listed

CODE = "renewal-breaks"
_NAMED = 3


class Problem(NamedTuple):
    """What keeps a certificate from its renewal: the record set, why, and the way out."""

    subject: str
    why: str
    fix: str


class Place(NamedTuple):
    """Where a CA finds a record for a name: in this zone, where an alias leads (`leads`), or at other `servers`."""

    subject: str
    leads: str = ""
    servers: tuple[str, ...] = ()


def renewal_findings(before: LazyNames, after: LazyNames, renewals: Iterable[Renewal]) -> list[Finding]:
    """Return what keeps certificates from their next renewal, marked as old where the zone as it was does so too."""
    found = []
    for renewal in renewals:
        broken = _broken(before, after, renewal)
        known = _broken(before, before, renewal).keys() if broken else ()
        found += [replace(_finding(renewal, problem, names), old=problem in known) for problem, names in broken.items()]
    return sorted(found, key=lambda finding: (finding.subject, finding.message))


def _finding(renewal: Renewal, problem: Problem, names: Sequence[str]) -> Finding:
    ends = f" (it ends on {renewal.ends:%Y-%m-%d})" if renewal.ends else ""
    told = f"{renewal.certificate}{ends} could not renew by {renewal.method}: {problem.why}"
    message = f"The certificate {told}, as is needed for {listed(list(names), _NAMED)}."
    return Finding(CODE, Level.ERROR, problem.subject, message, problem.fix)


def _broken(earlier: LazyNames, zone: LazyNames, renewal: Renewal) -> dict[Problem, list[str]]:
    """Return what is in the way in a zone, which was another one earlier, with the names that meet it."""
    broken: dict[Problem, list[str]] = defaultdict(list)
    for name in renewal.names:
        owner = zone.relative(name.removeprefix("*."))
        if owner is not None:
            for problem in _of_name(name, owner, renewal, earlier, zone):
                broken[problem].append(name)
    return broken


def _of_name(name: str, owner: str, renewal: Renewal, earlier: LazyNames, zone: LazyNames) -> Iterator[Problem]:
    if not zone.is_beyond(owner):
        if renewal.issuers:
            yield from _caa(name, zone, renewal)
        if renewal.method in CONNECTING:
            yield from _unreached(owner, name, zone)
    if label := LABELS.get(renewal.method):
        at = label if owner == "@" else f"{label}.{owner}"
        yield from _proof(at, renewal, earlier, zone)
        if renewal.method == "dns-persist-01" and not _place(at, zone).leads:
            yield from _persisting(at, name, renewal, zone)
        yield from _moved(earlier, zone)


def _caa(name: str, zone: LazyNames, renewal: Renewal) -> Iterator[Problem]:
    order = Order(frozenset(renewal.issuers), renewal.method, renewal.account)
    at, properties = relevant(name.removeprefix("*."), lambda above: _answers(above, "CAA", zone) or ())
    found = refusal(properties, order, is_wildcard=name.startswith("*."))
    if found and found.is_sure:
        way_out = f"Write CAA of {at} {found.instead}, or have another CA sign first."
        yield Problem(f"{zone.relative(at)} CAA", f"its records {found.why}", way_out)


def _unreached(owner: str, name: str, zone: LazyNames) -> Iterator[Problem]:
    answers = [_answers(name, rtype, zone) for rtype in TYPES]
    if not any(answer is None or answer for answer in answers):
        yield Problem(f"{owner} A", "it has no address to connect to", "Keep an address, or show it by dns-01 first.")


def _answers(name: str, rtype: str, zone: LazyNames) -> tuple[str, ...] | None:
    """Return what a name answers in the zone; None where that is not known, or for another zone to say."""
    found = answer_of(zone, Question(f"{name}.", rtype))
    return found.addresses if isinstance(found, Answer) and found.is_told else None


def _proof(at: str, renewal: Renewal, earlier: LazyNames, zone: LazyNames) -> Iterator[Problem]:
    """Where proofs are written, the CA has to look."""
    was, place = _place(at, earlier), _place(at, zone)
    if place.servers and was.servers and not set(place.servers) & set(was.servers):
        yield Problem(
            place.subject,
            f"{listed(list(was.servers), _NAMED)}, where proofs are written, answer for it no more",
            "Have proofs written where it is served from then on, before it moves.",
        )
    elif _writes(renewal, place, zone) if renewal.zones else place == was:
        return
    elif place.servers:
        why = f"{place.subject} hands it on to {listed(list(place.servers), _NAMED)}, where no proof is written"
        yield Problem(place.subject, why, "Keep the name in this zone, or write proofs into the other one.")
    elif place.leads:
        why = f"{place.subject} leads to {place.leads}, where no proof is written"
        yield Problem(place.subject, why, "Let it lead where it did, or give the certificate that zone in challenge.")
    else:
        wanted = was.leads or listed(list(renewal.zones), _NAMED)
        why = f"proofs are written to {wanted}, and nothing leads there" + (" any more" if was.leads else "")
        yield Problem(was.subject, why, f"Keep the alias of {at}, or have proofs written into this zone first.")


def _writes(renewal: Renewal, place: Place, zone: LazyNames) -> bool:
    """Whether proofs are written where a CA looks."""
    if place.servers:
        return any(f".{written}".endswith(f".{place.leads}") for written in renewal.zones)
    if not place.leads:
        return zone.absolute("@").rstrip(".") in renewal.zones
    target = place.leads.rstrip(".")
    return any(f".{target}".endswith(f".{written}") for written in renewal.zones)


def _place(at: str, zone: LazyNames) -> Place:
    passed, beyond, cut, is_ring = zone.trail(at, written=True)
    if cut:
        rtype = "NS" if "NS" in zone.types(cut) else "DNAME"
        return Place(f"{cut} {rtype}", zone.absolute(cut).rstrip("."), zone.values(cut, "NS"))
    return Place(f"{at} {'CNAME' if beyond or len(passed) > 1 else 'TXT'}", "itself" if is_ring else beyond)


def _persisting(at: str, name: str, renewal: Renewal, zone: LazyNames) -> Iterator[Problem]:
    records = [Allowance.read(decode_txt(text)) for text in zone.values(at, "TXT")]
    ours = [each for each in records if not renewal.issuers or each.issuer in renewal.issuers]
    is_wildcard = name.startswith("*.")
    if not any(each.account == (renewal.account or each.account) and each.wildcard >= is_wildcard for each in ours):
        why = f"no record at {at} lets the account order {'wildcards ' if is_wildcard else ''}at {renewal.issuer}"
        yield Problem(f"{at} TXT", why, "Keep the record; the certificate's order says what it holds.")


def _moved(earlier: LazyNames, zone: LazyNames) -> Iterator[Problem]:
    was, now = (set(names.values("@", "NS")) for names in (earlier, zone))
    if was and now and not was & now:
        why = f"none of its name servers stays ({listed(sorted(was), _NAMED)}), and proofs are written to those"
        yield Problem("@ NS", why, "Have proofs written where it is served from then on, before it moves.")

"""Name servers, glue, DS and SOA: the ways to lose a whole zone, or one below it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Change, Problem, address_sets_of, drop, fix, fix_set, rule
from sophia_infra.dns.lint.spelling import may_mean_another
from sophia_infra.dns.rr.record import Record, is_at_or_below, labels
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve

_SHA1 = "1"
# DNSSEC algorithms that validators must not, or should no longer, rely on (RFC 8624, RFC 9905).
_OLD_ALGORITHMS = {"1": "RSAMD5", "3": "DSA", "5": "RSASHA1", "6": "DSA-NSEC3-SHA1", "7": "RSASHA1-NSEC3-SHA1"}
# What a parent zone keeps at a delegation besides NS and glue.
_SIGNING = frozenset({"NSEC", "NSEC3", "RRSIG"})
_AT_A_CUT = _SIGNING | {"NS", "DS"}


@rule("ns-missing", ERROR, no_edit="the name servers, only their operator knows")
def ns_missing(zone: Zone) -> Iterator[Problem]:
    """RFC 1035 section 5.2. Text without an SOA leaves both to the place where the zone lives."""
    if zone.at("@", "SOA") and not zone.at("@", "NS") and "@ NS" not in zone.pending:
        why = "The apex has an SOA and no NS, so servers refuse to load the zone."
        yield Problem("@ NS", why, "Add an NS record for each name server of the zone.")


@rule("ns-single", INFO, no_edit="it takes a second server in another network")
def ns_single(zone: Zone) -> Iterator[Problem]:
    """RFC 2182 section 5. Several machines may stand behind one name, so it is no more than a remark."""
    if len(zone.at("@", "NS")) == 1 and "@ NS" not in zone.pending:
        why = "With one name server, the zone is gone whenever that one can't be reached."
        yield Problem("@ NS", why, "Add a second name server in another network.")


@rule("ns-without-glue", ERROR)
def ns_without_glue(zone: Zone) -> Iterator[Problem]:
    """RFC 1034 section 4.2.1: a server named below its own delegation can only be found by glue."""
    for record in zone.of("NS"):
        name = target_of(record)
        is_lost = record.owner in zone.cuts and not _is_found(zone, record)
        if is_lost and zone.pending.isdisjoint(address_sets_of(zone.relative(name) or "@")[:2]):
            why = f"{quote(name)} is below the delegation it serves: without an address here nobody finds it."
            yield Problem(record.subject, why, f"Add A and AAAA records (glue) for {quote(name)}.")


@fix("ns-without-glue")
def drop_lost_server(zone: Zone, record: Record) -> Record | Change:
    """Leave a server out that nobody finds, where the delegation names others that are found, until it has glue."""
    server = zone.relative(target_of(record))
    others = [server for server in zone.at(record.owner, "NS") if _is_found(zone, server)]
    if server is None or not others or record in others:
        return record
    named = [zone.relative(target_of(other)) for other in others]
    return record if may_mean_another(zone, server, but=named) else drop(record, others, address_sets_of(server))


def _is_found(zone: Zone, record: Record) -> bool:
    server = zone.relative(target_of(record))
    return server is None or not is_at_or_below(server, record.owner) or bool(zone.at(server, "A", "AAAA"))


@rule("ns-cycle", ERROR, no_edit="the addresses of the servers, only you know")
def ns_cycle(zone: Zone) -> Iterator[Problem]:
    """RFC 9471 section 2.2: servers in sibling delegations need glue when each waits for the other's address."""
    beyond: dict[str | None, list[str]] = defaultdict(list)
    for cut in zone.cuts:
        for record in zone.at(cut, "NS"):
            beyond[_way(zone, record)].append(cut)
    found: set[str] = set()
    _find(found, beyond, list(beyond[None]))
    for cut in sorted(zone.cuts):
        if cut not in found:
            name = quote(target_of(zone.at(cut, "NS")[0]))
            why = f"To find {name}, resolvers have to ask servers that are only found through this delegation."
            yield Problem(f"{cut} NS", why, f"Add A and AAAA records (glue) for {name}.")
            _find(found, beyond, [cut])  # a finding a circle, and none for what waits behind it


def _way(zone: Zone, record: Record) -> str | None:
    """Return the other delegation that a server can only be found through, or None where there is none."""
    server = zone.relative(target_of(record))
    if server is None or zone.at(server, "A", "AAAA") or zone.is_pending(server):
        return None
    return None if is_at_or_below(server, record.owner) else zone.delegation_of(server)


def _find(found: set[str], beyond: Mapping[str | None, list[str]], ready: list[str]) -> None:
    """Add delegations that can be found, and those that are found through them."""
    while ready:
        cut = ready.pop()
        if cut not in found:
            found.add(cut)
            ready += beyond.get(cut, ())


@rule("occluded", WARNING)
def occluded(zone: Zone) -> Iterator[Problem]:
    """RFC 2136 section 7.18: another zone answers for these names. Glue is what belongs here."""
    if not zone.cuts:
        return
    servers = {zone.relative(target_of(record)) for record in zone.of("NS")}
    delegated = [(owner, cut) for owner in zone.by_name if (cut := zone.delegation_of(owner)) is not None]
    for owner, cut in delegated:
        glue = {"A", "AAAA"} if owner in servers else set[str]()
        rtypes = {record.type for record in zone.by_name[owner]} - glue
        hidden = rtypes - _AT_A_CUT if owner == cut or rtypes <= _SIGNING else rtypes
        for rtype in sorted(hidden):
            why = f"The name is delegated at {quote(cut)}, so this record is never served from here."
            yield Problem(f"{owner} {rtype}", why, "Move the record to the delegated zone, or remove the delegation.")


@fix_set("occluded")
def drop_hidden(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Remove what stands below a delegation and is never served from here, for as long as it is delegated.

    Addresses stay while they may be the glue of a server whose name is written wrong.
    """
    cut = zone.at(zone.delegation_of(owner) or "@", "NS")
    if rtype in {"A", "AAAA"} and any(_may_be_server(zone, server, owner) for server in cut):
        return None
    return Change((*zone.at(owner, rtype), *cut), tuple(cut))


def _may_be_server(zone: Zone, server: Record, owner: str) -> bool:
    name = target_of(server)
    is_led = _is_found(zone, server) and resolve(zone, name) in {Target.HOST, Target.ELSEWHERE}
    return not is_led or labels(name)[0] == labels(owner)[0]


@rule("ds-at-apex", ERROR)
def ds_at_apex(zone: Zone) -> Iterator[Problem]:
    """RFC 4035 section 2.4: DS stands in the parent zone."""
    if zone.at("@", "DS"):
        yield Problem("@ DS", "DS records of a zone are read from its parent only.", "Hand them to your registrar.")


fix("ds-at-apex")(lambda zone, record: None)


@rule("ds-without-ns", WARNING, no_edit="whether the delegation was lost, only you know")
def ds_without_ns(zone: Zone) -> Iterator[Problem]:
    """RFC 4035 section 2.4: DS belongs to a delegation. It works for as long as one server holds both zones."""
    for owner in zone.rrsets("DS"):
        if owner != "@" and not zone.at(owner, "NS") and f"{owner} NS" not in zone.pending:
            why = "DS without NS: either the delegation was lost, or the DS should be gone with it."
            yield Problem(f"{owner} DS", why, "Add the NS records, or remove the DS.")


@rule("ds-weak", WARNING, no_edit="the zone below has to be signed with another algorithm first")
def ds_weak(zone: Zone) -> Iterator[Problem]:
    """RFC 8624 and RFC 9905: SHA-1 digests and algorithms. SHA-1 beside a better digest is harmless."""
    for owner, records in zone.rrsets("DS").items():
        fields = [record.rdata.split(" ")[1:3] for record in records]
        old = sorted({_OLD_ALGORITHMS[algorithm] for algorithm, _ in fields if algorithm in _OLD_ALGORITHMS})
        sha1_only = all(digest_type == _SHA1 for _, digest_type in fields)
        if old or sha1_only:
            what = f"the algorithm {old[0]}" if old else "a SHA-1 digest only"
            why = f"The DS relies on {what}, and validators begin to treat that as unsigned."
            yield Problem(f"{owner} DS", why, "Sign with ECDSA P-256 (13) or Ed25519 (15), with a SHA-256 digest (2).")

"""All rules over one zone. Pure: no I/O, no clock, no Pulumi."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.lint.rule import RULES, Rule
from sophia_infra.dns.rr.record import Record, owner_order
from sophia_infra.dns.zone.index import Zone

TOPICS: Mapping[str, tuple[str, ...]] = {
    "dkim.rules": ("TXT",),
    "dmarc.rules": ("TXT", "MX"),
    "mta_sts.rules": (),
    "spf.lookup_rules": ("TXT",),
    "spf.rules": ("TXT", "SPF", "MX"),
    "lint.addresses": ("A", "AAAA"),
    "lint.caa": ("CAA",),
    "lint.children": ("NS", "DS"),
    "lint.cloud": ("CNAME",),
    "lint.cname": ("CNAME", "ALIAS", "DNAME"),
    "lint.delegation": ("NS", "DS", "SOA"),
    "lint.fingerprints": ("TLSA", "SSHFP"),
    "lint.mail": ("MX", "TXT"),
    "lint.names": (),
    "lint.pointers": ("CNAME", "DNAME", "NS", "MX", "SRV", "PTR", "SVCB", "HTTPS"),
    "lint.reverse": ("PTR",),
    "lint.services": ("SRV", "NAPTR"),
    "lint.svcb": ("SVCB", "HTTPS"),
    "lint.timers": (),
    "lint.txt": ("TXT",),
}
"""The files with rules, each with the types of which a zone must have some, so that one of them can find anything."""
FINDINGS_PER_RULE = 100
_SEVERITY = {level: rank for rank, level in enumerate(Level)}


def lint(
    records: Collection[Record],
    origin: str,
    pending: Collection[str] = (),
    *,
    beside: Mapping[str, Collection[Record]] | None = None,
    issuers: Collection[str] = (),
) -> list[Finding]:
    """Return what the rules find in a zone, worst first, then in canonical owner order.

    `pending` are subjects (`api A`) whose data is not known yet; nothing is said about their absence. `beside` are
    other zones by origin: nothing is reported on them, but names are looked up in them. `issuers` are the CAs
    that this zone's certificates come from, by their CAA domains (`letsencrypt.org`). One rule reports at most
    `FINDINGS_PER_RULE` findings; the last one then says how many more there are.
    """
    others = [Zone(found, name) for name, found in (beside or {}).items()]
    return judge(Zone(records, origin, pending, others, issuers))


def judge(zone: Zone, codes: Collection[str] | None = None) -> list[Finding]:
    """Return what the rules find in a zone, as `lint`; `codes` are those of the rules that are asked, None for all."""
    asked = (rule for rule in _rules_for(zone) if codes is None or rule.code in codes)
    return sorted((finding for rule in asked for finding in _run(rule, zone)), key=_order)


def judge_change(zone: Zone, touched: Collection[str]) -> list[Finding]:
    """Return what the rules find in a zone, marked as old where a change has no part in it.

    That is what they find in the zone as it was, too, word by word, of a set that is not `touched`: no subject of a
    record set that differs. The zone as it was is judged only where it can tell: by the rules that find something.
    """
    found = judge(zone)
    untouched = {finding for finding in found if finding.subject not in touched}
    known = untouched and (judge(zone.earlier, {finding.code for finding in untouched}) if touched else untouched)
    return [replace(finding, old=finding in untouched and finding in known) for finding in found]


def _rules_for(zone: Zone) -> Iterator[Rule]:
    for topic, rtypes in TOPICS.items():
        if not rtypes or not zone.by_type.keys().isdisjoint(rtypes):
            yield from rules_of(topic)


@cache
def rules_of(topic: str) -> tuple[Rule, ...]:
    """Return the rules of a topic; its file is loaded for it, and enters them into `RULES`, and fixes into `FIXES`."""
    file = import_module(f"sophia_infra.dns.{topic}")
    known = list(RULES.values())  # at once: another thread may load another topic meanwhile
    return tuple(rule for rule in known if rule.check.__module__ == file.__name__)


def _run(rule: Rule, zone: Zone) -> list[Finding]:
    found = [
        Finding(rule.code, problem.level or rule.levels[0], problem.subject, problem.message, problem.fix)
        for problem in rule.check(zone)
    ]
    found.sort(key=_order)
    more = len(found) - FINDINGS_PER_RULE
    if more <= 0:
        return found
    last = found[FINDINGS_PER_RULE - 1]
    return [*found[: FINDINGS_PER_RULE - 1], replace(last, message=f"{last.message} ({more} more like this one.)")]


def _order(finding: Finding) -> tuple[int, tuple[str, ...], str, str, str]:
    owner = finding.subject.partition(" ")[0]
    return _SEVERITY[finding.level], owner_order(owner), finding.subject, finding.code, finding.message

"""All rules over one zone. Pure: no I/O, no clock, no Pulumi."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib import import_module

from sophia_infra.advice.model import Finding, Level
from sophia_infra.dns.lint.rule import RULES, Rule
from sophia_infra.dns.rr.record import Record, owner_order
from sophia_infra.dns.zone.index import Zone

_TOPICS = """
    dkim.rules dmarc.rules mta_sts.rules spf.lookup_rules spf.rules
    lint.addresses lint.caa lint.children lint.cloud lint.cname lint.delegation lint.fingerprints lint.mail lint.names
    lint.pointers lint.reverse lint.services lint.svcb lint.timers lint.txt
"""
# A topic enters its rules into `RULES`, and its fixes into `FIXES`, once it is imported.
for _topic in _TOPICS.split():
    import_module(f"sophia_infra.dns.{_topic}")

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


def judge(zone: Zone) -> list[Finding]:
    """Return what the rules find in a zone, as `lint`."""
    return sorted((finding for rule in RULES.values() for finding in _run(rule, zone)), key=_order)


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

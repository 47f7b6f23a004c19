"""Questions about zones as a whole: what the rules find, what drifted, mail, and pools."""

from collections.abc import Collection, Iterator, Mapping

from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.understanding.topics.mail import policies
from sophia_infra.dns.mail_policies import DMARC, SPF
from sophia_infra.dns.rr.rrset import full_name

_OF_MAIL = ("spf.rules", "spf.lookup_rules", "dmarc.rules", "dkim.rules", "lint.mail", "mta_sts.rules")
_ASKED = 200
"""So many record sets of a zone are asked for."""


def zones_list(question: Question) -> Iterator[Row]:
    """Which zones there are."""
    for zone, sets in question.inventory.zones.items():
        yield f"{zone}  {len(sets)} record sets", {"zone": zone, "sets": len(sets)}


def zones_check(question: Question) -> Iterator[Row]:
    """What the rules find in zones."""
    yield from _findings(question, None)


def mail_check(question: Question) -> Iterator[Row]:
    """The policies of mail, and what the rules find in them."""
    from sophia_infra.dns.lint.linter import rules_of

    for zone in question.zones():
        for of in (SPF, DMARC):
            for text in policies(question.inventory, zone, of):
                yield f"{zone}: {text}", {"zone": zone, "policy": text}
    yield from _findings(question, {rule.code for topic in _OF_MAIL for rule in rules_of(topic)})


def _findings(question: Question, codes: Collection[str] | None) -> Iterator[Row]:
    from sophia_infra.codec import encode
    from sophia_infra.dns.lint.linter import judge
    from sophia_infra.dns.zone.index import Zone

    for zone in question.zones():
        of_zone = [record for each in question.inventory.zones[zone] for record in each.records]
        for finding in judge(Zone(of_zone, zone), codes):
            yield f"{zone}: {finding.level} {finding.subject}: {finding.message}", {"zone": zone, **encode(finding)}


def mail_show(question: Question) -> Iterator[Row]:
    """Who handles the mail of zones."""
    for zone in question.zones():
        for each in question.inventory.of(zone, "@", "MX"):
            for value in each.values:
                yield f"mail for {zone} goes to {value}", {"zone": zone, "exchanger": value}


def zones_drift(question: Question) -> Iterator[Row]:
    """What is served otherwise than the state has it: whatever serves a zone is asked."""
    from sophia_infra.dns.live.answers import answered
    from sophia_infra.dns.rr.record import to_text

    for zone in question.zones():
        sets = [each for each in question.inventory.zones[zone] if each.rtype != "SOA"]
        text = to_text([record for each in sets[:_ASKED] for record in each.records])
        found = answered(zone, _backend(question, zone), text, text, question.agent.places.folder)
        beyond = f"; {len(sets) - _ASKED} record sets were not asked for" if sets[_ASKED:] else ""
        what = {
            "successful": "what the program has is served; names beside it were not looked for",
            "inconclusive": f"not known: {found.why}",
        }
        told = {"zone": zone, "phase": str(found.phase), "why": found.why}
        yield f"{zone}: {what.get(str(found.phase), f'drifted: {found.why}')}{beyond}", told


def _backend(question: Question, zone: str) -> Mapping[str, object]:
    """Where a zone is kept, as the state has it."""
    from sophia_infra.agent.execution.preview import backend_of

    return next(backend_of(each.inputs) for each in question.agent.resources if each.inputs.get("domain") == zone)


def pools_show(question: Question) -> Iterator[Row]:
    """Which targets of pools are healthy, as the last run found them."""
    from sophia_infra.dns.state import ZoneState

    states = [ZoneState.from_inputs(each.inputs) for each in question.agent.resources if each.inputs.get("pools")]
    health = {
        (full_name(state.domain, subject.partition(" ")[0]), target): bool(standing.get("healthy"))
        for state in states
        for subject, of_set in state.health.items()
        for target, standing in of_set.items()
    }
    for pool in question.named(question.inventory.pools):
        for target in question.inventory.pools[pool]:
            healthy = health.get((pool, target))
            word = {None: "not probed yet", True: "healthy", False: "not healthy"}[healthy]
            yield f"{pool}  {target}: {word}", {"pool": pool, "target": target, "healthy": healthy}

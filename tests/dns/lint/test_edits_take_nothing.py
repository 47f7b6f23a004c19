"""Whatever stands together in a zone: edits mend, cause nothing new, and take nothing away that led somewhere."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.cname import follow_aliases
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.rtype import target_of
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.target import Target, resolve
from tests.dns.lint.cases.all import CASES
from tests.dns.lint.cases.case import FRAME, ORIGIN
from tests.dns.lint.mended import assert_sound
from tests.dns.lint.test_zone_edits import MENDED

LINES = sorted(
    {line for case in CASES if case.origin == ORIGIN for line in f"{case.bad}\n{case.good}".splitlines()}
    | {line for case in MENDED if case.origin == ORIGIN for line in case.lines.splitlines()}
)
LIVING = {Target.HOST, Target.ELSEWHERE}
# Said of records that lead somewhere, but from where nobody comes, or by way of themselves; and of ended services.
UNSEEN = {"owner-at-sign", "owner-repeats-origin", "srv-owner", "occluded", "svcb-alias-loop", "cloud-service-ended"}
LOOPBACK = {"127.0.0.1", "::1"}
POINTING = ("MX", "NS", "SRV", "SVCB", "HTTPS", "PTR")


def zone_of(lines: list[str]) -> Zone:
    text = "\n".join([*FRAME.values(), *lines, ""])
    return Zone(from_text(to_text(read(text, ORIGIN, default_ttl=3600).records)), ORIGIN)


def living(zone: Zone) -> set[str]:
    """Return the names with addresses, and the sets with a record that leads to some, or out of what is known here."""
    names = {owner for owner in zone.by_name if resolve(zone, follow_aliases(zone, zone.absolute(owner))[0]) in LIVING}
    sets = {
        record.subject
        for rtype in POINTING
        for record in zone.of(rtype)
        if resolve(zone, follow_aliases(zone, target_of(record))[0]) in LIVING and not leads_to_the_asker(zone, record)
    }
    return names | sets


def leads_to_the_asker(zone: Zone, record: Record) -> bool:
    """Whether the target is the machine that asks (RFC 6761 section 6.3), which serves nobody else."""
    name = target_of(record)
    addresses = {found.rdata for found in zone.answers_to(name) if found.type in {"A", "AAAA"}}
    return name == "localhost." or (name.startswith("localhost.") and bool(addresses) and addresses <= LOOPBACK)


@settings(max_examples=150)
@given(st.lists(st.sampled_from(LINES), max_size=25, unique=True))
@example(["_a._tcp SRV 0 0 1 localhost."])
@example(["_a._tcp SRV 0 0 1 localhost", "localhost A 127.0.0.1"])
@example(["_a._tcp SRV 0 0 1 localhost", "localhost A 192.0.2.9"])
@example(["_a._tcp SRV 0 0 1 localhost.other.test."])
def test_edits_mend_and_take_nothing_away_that_led_somewhere(lines: list[str]) -> None:
    zone = zone_of(lines)
    found = judge(zone)
    edits = proposals(found, zone)
    assert_sound(edits, zone)
    text, _ = with_edits(to_text(zone.records), edits, ORIGIN)
    subjects = {finding.subject for finding in found if finding.code in UNSEEN}
    known = {word for subject in subjects for word in (subject, subject.partition(" ")[0])}
    assert living(zone) - living(zone.holding(from_text(text))) - known == set()

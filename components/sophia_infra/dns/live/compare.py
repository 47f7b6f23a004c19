"""What is to be said of two zones: what differs, record set by record set, and the verdict on such a change. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sophia_infra.advice.model import Finding, Level, Verdict
from sophia_infra.changes import Changes, Exposure, Violation
from sophia_infra.dns.exposure import SetChange, changed_sets
from sophia_infra.dns.lint import IN_VAIN
from sophia_infra.dns.patterns import matches
from sophia_infra.dns.rr.record import Record, from_text, to_text


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs: sets that are asked for and not live, sets that are live and other, sets that nobody asked for."""

    missing: tuple[SetChange, ...]
    different: tuple[SetChange, ...]
    extra: tuple[SetChange, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.all

    @property
    def all(self) -> tuple[SetChange, ...]:
        """Every set that differs; `old` is what is live, `new` what is asked for."""
        return (*self.missing, *self.different, *self.extra)


def compare(desired: str, live: str, ignore: Sequence[str] = ()) -> Comparison:
    """Compare two canonical zone texts.

    The SOA's serial is not compared, and neither are the SOA and the NS at the apex where `desired` leaves them to
    whoever serves the zone. `ignore` are patterns of records, as in `patterns.matches`.
    """
    asked = _kept(from_text(desired), ignore)
    served = _kept(from_text(live), ignore)
    if not any(record.subject == "@ NS" for record in asked):
        served = [record for record in served if record.subject != "@ NS"]
    changes = changed_sets(to_text(served), to_text(asked))
    return Comparison(
        missing=tuple(change for change in changes if change.operation == "create"),
        different=tuple(change for change in changes if change.operation == "update"),
        extra=tuple(change for change in changes if change.operation == "delete"),
    )


def _kept(records: Sequence[Record], ignore: Sequence[str]) -> list[Record]:
    return [record for record in records if not any(matches(pattern, record) for pattern in ignore)]


def verdict_on(changes: Changes, violations: Collection[Violation], findings: Collection[Finding] = ()) -> Verdict:
    """Return the verdict where no advisor is asked.

    It is block beyond a limit; caution at exposure high or above, or with a new error or what is `IN_VAIN`; approve
    otherwise.
    `findings` are those that the zone has after the change and not before it.
    """
    if violations:
        return Verdict.BLOCK
    broken = any(finding.level is Level.ERROR or finding.code in IN_VAIN for finding in findings)
    return Verdict.CAUTION if broken or changes.exposure >= Exposure.HIGH else Verdict.APPROVE

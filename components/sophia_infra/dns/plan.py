"""What `check` does for a zone: live base and desired zone in, `changes` and `advice` out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from sophia_infra.advice import redaction, report
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.consult import consult
from sophia_infra.advice.journal import Journal, JournalError
from sophia_infra.advice.model import Advice, Edit, Finding, Verdict
from sophia_infra.advice.rules import RuleAdvisor
from sophia_infra.changes import Changes, Limits, between, fingerprint
from sophia_infra.dns.backends import BaseMovedError, Live, open_backend
from sophia_infra.dns.desired import late_records, live_sets, merged, pending, subjects_of
from sophia_infra.dns.frame import missing_frame
from sophia_infra.dns.lint import lint
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.reader import ZoneTextError, check_zone
from sophia_infra.dns.records import Record, from_text
from sophia_infra.engine_run import engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.settings import Settings, limits_from
from sophia_infra.version import VERSION

INPUTS = ("domain", "text", "late", "late_secret", "protect", "limits", "name_servers", "backend", "changes", "advice")


class BeyondLimitsError(SophiaError):
    """A plan that goes beyond the limits: nothing was written."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The inputs of a zone as the program gives them. `text` is None, and a late value too, while it is unknown."""

    domain: str
    text: str | None
    late: Mapping[str, Any]
    late_secret: tuple[str, ...]
    protect: tuple[str, ...]
    limits: Limits
    name_servers: tuple[str, ...]
    backend: Mapping[str, Any]
    settings: Settings

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], settings: Settings) -> Self:
        """Read the inputs; the zone's own limits stand above the stack's.

        Raises:
            SettingError: a limit is not known, or its value is out of range.
        """
        return cls(
            domain=inputs["domain"],
            text=inputs["text"],
            late=inputs.get("late") or {},
            late_secret=tuple(inputs.get("late_secret") or ()),
            protect=tuple(inputs.get("protect") or ()),
            limits=limits_from(inputs.get("limits") or {}, "limits", settings.limits),
            name_servers=tuple(inputs.get("name_servers") or ()),
            backend=inputs.get("backend") or {},
            settings=settings,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply will do: the text to store, the whole zone to serve, and what that changes.

    `shown` is the zone without its secret values: all that rules, advice and journal ever see of it.
    """

    text: str
    zone: str
    shown: str
    changes: Changes

    @property
    def digest(self) -> str:
        """The hash of what is asked for; secret values are left out, since a short one could be guessed from it."""
        return fingerprint(self.shown)


def make(wanted: Wanted, olds: Mapping[str, Any], journal: Journal) -> dict[str, Any]:
    """Return the inputs that `check` publishes: `text` with its frame, `changes`, `advice`.

    Raises:
        BackendError: the live zone can't be read, or it moved since the preview of the same run.
        ZoneTextError: no name server would load the zone.
        BeyondLimitsError: the plan goes beyond the limits.
    """
    backend = open_backend(wanted.backend, wanted.domain)
    live = backend.read()
    planned = _plan(wanted, olds, live)
    _same_base(backend.place, planned, live, journal)
    advice = _advice(wanted, olds, planned, journal)
    _tell(wanted, planned.changes, advice)
    _judge(wanted, planned.changes, advice)
    return {"text": planned.text, "changes": planned.changes.as_inputs(), "advice": advice.as_inputs()}


def _plan(wanted: Wanted, olds: Mapping[str, Any], live: Live) -> Plan:
    if wanted.text is None:
        changes = replace(_between(wanted, live.text, live, None), pending=("@ ANY",))
        return Plan(live.text, live.text, live.text, changes)
    frame = missing_frame(wanted.text, subjects_of(wanted.late), live.text, wanted.name_servers, wanted.domain)
    text = merged(wanted.text, frame)
    late = late_records(wanted.late, wanted.late_secret, wanted.domain) + live_sets(live.text, pending(wanted.late))
    shown = merged(text, [record for record in late if record.subject not in wanted.late_secret])
    zone = merged(shown, [record for record in late if record.subject in wanted.late_secret])
    if zone != wanted.text:
        _loadable(zone, wanted.domain)
    return Plan(text, zone, shown, _between(wanted, zone, live, _previous(wanted, olds, text, zone)))


def _loadable(zone: str, domain: str) -> None:
    problems = check_zone(from_text(zone), domain)
    if problems:
        raise ZoneTextError(problems)


def _between(wanted: Wanted, zone: str, live: Live, previous: str | None) -> Changes:
    waiting = pending(wanted.late)
    changes = between(live.text, zone, origin=wanted.domain, previous=previous, protect=wanted.protect, pending=waiting)
    return replace(changes, base=live.base)


def _previous(wanted: Wanted, olds: Mapping[str, Any], text: str, zone: str) -> str | None:
    """The zone as it was last asked for, to tell whether the source itself shrank."""
    old_text, old_late = olds.get("text"), olds.get("late") or {}
    if not isinstance(old_text, str):
        return None
    if (old_text, old_late) == (text, wanted.late):
        return zone
    known = {key: values for key, values in old_late.items() if isinstance(values, list)}
    return merged(old_text, late_records(known, subjects_of(known), wanted.domain))


def _same_base(place: str, planned: Plan, live: Live, journal: Journal) -> None:
    """Refuse where the zone moved between the preview and the apply of one `pulumi up`."""
    run = engine_run()
    now = {"run": run, "desired": planned.digest, "base": live.base}
    try:
        entry = journal.find(Kind.PLAN, place)
        before = entry.value if entry else {}
        if run and before.get("run") == run and before != now and before["desired"] == now["desired"]:
            raise BaseMovedError(place)
        if before != now:
            journal.append(Kind.PLAN, place, now)
    except JournalError as error:
        report.say_once(f"the plan is not journaled: {error}")


def _advice(wanted: Wanted, olds: Mapping[str, Any], planned: Plan, journal: Journal) -> Advice:
    facts = {
        **planned.changes.as_inputs(),
        "autonomy": str(wanted.settings.autonomy),
        "rules": VERSION,
        "desired": planned.digest,
        "backend": wanted.backend.get("kind", "file"),
        "protected": list(wanted.protect),
    }
    request = redaction.request("zone", wanted.domain, facts)
    opinion = _Opinion(wanted, planned)
    advisor = RuleAdvisor(lambda: opinion.findings, lambda: opinion.edits)
    return consult(request, advisor, previous=olds.get("advice"), journal=journal)


@dataclass
class _Opinion:
    """What the rules say of a planned zone; worked out when an advisor asks, which a replay never does.

    A set whose value is secret counts as one that is not known yet, so no finding and no edit can quote it.
    """

    wanted: Wanted
    planned: Plan

    @cached_property
    def records(self) -> list[Record]:
        """The planned zone's records."""
        return from_text(self.planned.shown)

    @cached_property
    def findings(self) -> list[Finding]:
        """What the rules find."""
        unseen = (*self.planned.changes.pending, *self.wanted.late_secret)
        return lint(self.records, self.wanted.domain, unseen)

    @cached_property
    def edits(self) -> list[Edit]:
        """The edits that mend findings mechanically."""
        return proposals(self.findings, self.records, self.wanted.domain) if self.findings else []


def _tell(wanted: Wanted, changes: Changes, advice: Advice) -> None:
    if changes:
        report.say_once(f"zone {wanted.domain}: {_counted(changes)}")
    report.tell(f"zone {wanted.domain}", advice)


def _counted(changes: Changes) -> str:
    counts = {"create": changes.creates, "update": changes.updates, "delete": changes.deletes}
    parts = [f"{count} to {verb}" for verb, count in counts.items() if count]
    parts += [f"{len(changes.pending)} known at apply"] if changes.pending else []
    worst = f"; {changes.reasons[0]}" if changes.reasons else ""
    return f"{', '.join(parts)} of {changes.before} record sets, exposure {changes.exposure}{worst}"


def _judge(wanted: Wanted, changes: Changes, advice: Advice) -> None:
    violations = [str(violation) for violation in wanted.limits.judge(changes)]
    if advice.verdict is Verdict.BLOCK:
        violations.append(f"the advice is to block: {advice.summary}")
    if violations:
        listed = "".join(f"\n  - {violation}" for violation in violations)
        raise BeyondLimitsError(f"{_counted(changes)}; nothing was changed, because it is beyond the limits:{listed}")

"""A change of a live zone that no stack asks for: proposed against the zone as it is, weighed, and carried out.

Record by record for a person at a terminal (`sophia dns`), through the code that a stack's applies go through.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from sophia_infra.advice.model import Finding, Verdict
from sophia_infra.changes import Changes, Limits, Violation
from sophia_infra.dns.backends import Backend, Live
from sophia_infra.dns.backends.backup import keep
from sophia_infra.dns.desired.apex import missing_apex
from sophia_infra.dns.exposure import between, changed_sets
from sophia_infra.dns.lifecycle.apply import apply
from sophia_infra.dns.lint.linter import judge_change
from sophia_infra.dns.live.compare import verdict_on
from sophia_infra.dns.program.inputs import header_of, typed_records
from sophia_infra.dns.reader import refuse_unloadable
from sophia_infra.dns.rr.record import APEX, Record, from_text, to_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.state import ZoneState
from sophia_infra.dns.zone.index import Zone
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal


class LiveChangeError(SophiaError):
    """A change that makes no sense in the zone as it is."""

    code = "live-change"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a zone is to become, and what is to be said of that.

    Attributes:
        desired: canonical text of the whole zone afterwards, as the backend would hold it.
        violations: the limits that the change goes beyond; one that goes beyond any is not carried out.
        findings: what the rules find in the zone afterwards, and the change brings or touches.
    """

    domain: str
    live: Live
    desired: str
    changes: Changes
    violations: tuple[Violation, ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """What is said of the change as a whole, by `verdict_on`."""
        return verdict_on(self.changes, self.violations, self.findings)


class Outcome(StrEnum):
    """What came of a proposal."""

    NOTHING = "nothing"
    """The zone is as asked for already."""
    REFUSED = "refused"
    """It goes beyond a limit, which nobody's consent lifts."""
    DRY_RUN = "dry-run"
    DECLINED = "declined"
    """Whoever was asked did not agree."""
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class Applied:
    """A change that was made: the zone's new serial, and the copy that was kept, if there was a zone before."""

    serial: int | None
    backup: Path | None


def propose(backend: Backend, live: Live, records: Sequence[Record], domain: str, limits: Limits) -> Proposal:
    """Return what it would mean to make a zone hold these records; an SOA, or all NS, that are left out stay.

    Raises:
        ZoneTextError: no name server would load that zone.
        BackendError: the backend can't hold it.
    """
    asked = to_text(list(records))
    zone = to_text([*records, *missing_apex(asked, (), live.text, (), domain)])
    desired = backend.normalize(zone, live)
    live.refuse_unreachable(desired)
    refuse_unloadable(desired, domain)
    before, after = with_serial(live.text, 0), with_serial(desired, 0)
    changes = between(before, after, origin=domain, previous=before)
    new = _new_findings(before, after, domain) if changes else ()
    return Proposal(domain, live, desired, changes, limits.judge(changes, "record sets"), new)


def decide(proposal: Proposal, agree: Callable[[], bool], *, dry_run: bool = False) -> Outcome:
    """Return what is to come of a proposal; `Outcome.APPLIED` means that `carry_out` is next.

    `agree` is asked only where an answer counts: for a change within the limits that is no dry run.
    """
    if not proposal.changes:
        return Outcome.NOTHING
    if proposal.violations:
        return Outcome.REFUSED
    if dry_run:
        return Outcome.DRY_RUN
    return Outcome.APPLIED if agree() else Outcome.DECLINED


def carry_out(proposal: Proposal, backend: Backend, journal: Journal) -> Applied:
    """Make the zone what was proposed: a copy is kept first, and the journal has a row before and one after.

    An error that comes after the copy was kept bears a note that says where it is.

    Raises:
        LiveChangeError: the proposal goes beyond a limit.
        BaseMovedError: the zone is no longer as it was when the change was proposed; nothing was written.
        BackendError, JournalError: the copy, the intent or the zone can't be written.
    """
    if proposal.violations:
        beyond = "; ".join(map(str, proposal.violations))
        told, first = f"{proposal.domain} stays as it is: {beyond}", proposal.violations[0]
        raise LiveChangeError(told, code="beyond-limits", field=first.limit, subject=first.accept)
    backup = keep(proposal.live, proposal.domain) if proposal.live.text else None
    planned = ZoneState(domain=proposal.domain, text=with_serial(proposal.desired, 0), changes=proposal.changes)
    try:
        return Applied(apply(planned, ZoneState(), journal, backend)["serial"], backup)
    except SophiaError as error:
        if backup:
            error.add_note(f"the zone as it was is kept in {backup}")
        raise


def added(
    live: Sequence[Record], name: str, rtype: str, values: Sequence[str], ttl: int | None, domain: str
) -> list[Record]:
    """Return a zone's records with some more; the set they come into has one TTL: the one given, else its own."""
    asked = _records(name, rtype, values, ttl, domain)
    present = [record for record in live if record.subject == asked[0].subject]
    kept = present[0].ttl if present and ttl is None else asked[0].ttl
    return [*_without(live, present), *(record._replace(ttl=kept) for record in (*present, *asked))]


def updated(
    live: Sequence[Record], name: str, rtype: str, values: Sequence[str], ttl: int | None, domain: str
) -> list[Record]:
    """Return a zone's records with one set replaced: its values, where some are given, and its TTL likewise.

    Raises:
        LiveChangeError: there is no such set.
    """
    present = _set_of(live, name, rtype, domain)
    if not present:
        what = f"{name} {rtype.upper()}"
        told = f"there is no {what} in {domain} to update; add it with `sophia dns add`"
        raise LiveChangeError(told, code="no-record", subject=what)
    asked = _records(name, rtype, values, ttl, domain) if values else present
    kept = present[0].ttl if ttl is None else ttl
    return [*_without(live, present), *(record._replace(ttl=kept) for record in asked)]


def removed(live: Sequence[Record], name: str, rtype: str | None, values: Sequence[str], domain: str) -> list[Record]:
    """Return a zone's records without some: all of a name, of a set, or of some values.

    Raises:
        LiveChangeError: there is no such record, or it is the SOA, or all of the zone's name servers.
    """
    if rtype is None:
        owner = header_of({"name": name, "type": "A"}, domain, label=name).owner
        left = [record for record in live if record.owner != owner]
        return left if len(left) < len(live) else _not_there(name, domain)
    present = _set_of(live, name, rtype, domain) or _not_there(f"{name} {rtype.upper()}", domain)
    if values:
        asked = _records(name, rtype, values, None, domain)
        served = {record.rdata for record in present}
        if absent := [record.rdata for record in asked if record.rdata not in served]:
            _not_there(f"{name} {rtype.upper()} {absent[0]}", domain)
        present = [record for record in present if record.rdata in {record.rdata for record in asked}]
    left = _without(live, present)
    gone = {record.subject for record in present}.difference(record.subject for record in left)
    if lost := gone.intersection(APEX):
        told = f"{domain} can't be without {min(lost)}; change it with `sophia dns update`"
        raise LiveChangeError(told, subject=min(lost))
    return left


def _not_there(what: str, domain: str) -> NoReturn:
    told = f"there is no {what} in {domain} to remove; see: sophia dns list {domain.rstrip('.')}"
    raise LiveChangeError(told, code="no-record", subject=what)


def _records(name: str, rtype: str, values: Sequence[str], ttl: int | None, domain: str) -> list[Record]:
    entry = {"name": name, "type": rtype, "values": list(values)} | ({} if ttl is None else {"ttl": ttl})
    return typed_records([(f"{name} {rtype}", entry)], domain)


def _set_of(live: Sequence[Record], name: str, rtype: str, domain: str) -> list[Record]:
    owner, rtype, _ = header_of({"name": name, "type": rtype}, domain, label=f"{name} {rtype}")
    return [record for record in live if (record.owner, record.type) == (owner, rtype)]


def _without(records: Sequence[Record], gone: Collection[Record]) -> list[Record]:
    return [record for record in records if record not in gone]


def _new_findings(before: str, after: str, domain: str) -> tuple[Finding, ...]:
    zone = Zone(from_text(after), domain, before=lambda: from_text(before))
    found = judge_change(zone, {change.subject for change in changed_sets(before, after)})
    return tuple(finding for finding in found if not finding.old)

"""Edits for findings that can be mended mechanically, each tried on the zone before it is offered."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import islice

from sophia_infra.advice.consult import MAX_EDITS
from sophia_infra.advice.model import Edit, Finding
from sophia_infra.dns.edits import count_subjects, is_about_spf, is_brought, subjects_of_lines, with_edits
from sophia_infra.dns.lint.linter import FINDINGS_PER_RULE, judge
from sophia_infra.dns.lint.rule import FIXES, Change
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.dns.zone.index import Zone


def _always(_finding: Finding) -> bool:
    return True


def proposals(
    findings: Sequence[Finding],
    zone: Zone,
    editable: AbstractSet[str] | None = None,
    is_due: Callable[[Finding], bool] = _always,
) -> list[Edit]:
    """Return the edits for those findings that have a fix and are due, in the order of the findings, 20 at most.

    Once they are applied, their findings are gone, no other finding has come, and the zone has no new fault. A record
    gets one edit at a time: what else is wrong with it is proposed after that. `editable` are the lines that may be
    edited, in canonical form; None for all.
    """
    offered = [(edit, finding) for finding in findings if is_due(finding) and (edit := _proposed(finding, zone))]
    if not offered:
        return []
    within = (offer for offer in _in_turn(offered) if editable is None or editable >= {*offer[0].asked})
    edits = dict(islice(_apart(within), MAX_EDITS))
    return _sound(findings, zone, edits) if edits else []


def admitted(edits: Sequence[Edit], findings: Sequence[Finding], zone: Zone, editable: AbstractSet[str]) -> list[Edit]:
    """Return those edits of another advisor that are as sound as those of the rules: see `proposals`.

    Each is for lines that stand in the zone and may be edited, in canonical form on both sides, and of no set whose
    data is not known yet.
    """
    within = [edit for edit in edits if _is_within(edit, zone, editable)]
    return _sound(findings, zone, dict.fromkeys(within)) if within else []


def _is_within(edit: Edit, zone: Zone, editable: AbstractSet[str]) -> bool:
    if not (editable >= {*edit.asked} and zone.pending.isdisjoint(subjects_of_lines(edit.new))):
        return False
    reading = read("".join(f"{line}\n" for line in edit.new), zone.origin)
    return not reading.problems and [str(record) for record in reading.records] == edit.new


def _in_turn(offered: Sequence[tuple[Edit, Finding]]) -> Iterator[tuple[Edit, Finding]]:
    """Leave out edits that have to wait for others of the same run.

    For example, an MX is to go because its host has no address. If another edit gives the host one, or changes a
    record that this edit holds on to, the next run decides on the MX anew.
    """
    coming = count_subjects(subject for edit, _ in offered for subject in subjects_of_lines(edit.new))
    lost = Counter(line for edit, _ in offered for line in edit.lost)
    for edit, finding in offered:
        is_mended = any(lost[line] for line in set(edit.asked).difference(edit.lost))
        if not edit.until or not (is_mended or is_brought(edit, coming - count_subjects(subjects_of_lines(edit.new)))):
            yield edit, finding


def _apart(edits: Iterable[tuple[Edit, Finding]]) -> Iterator[tuple[Edit, Finding]]:
    """Leave out edits of records that others take away, and those that do what another does."""
    lost, known = set[str](), set[tuple[str, str]]()
    for edit, finding in edits:
        if lost.isdisjoint(edit.asked) and (edit.before, edit.after) not in known:
            lost.update(edit.lost)
            known.add((edit.before, edit.after))
            yield edit, finding


def _proposed(finding: Finding, zone: Zone) -> Edit | None:
    """Return the edit for a finding; None where there is none, or where it would change what is not known yet."""
    owner, _, rtype = finding.subject.partition(" ")
    change = FIXES[finding.code](zone, owner, rtype) if finding.code in FIXES else None
    edit = _edit(_whole(zone, change), finding) if change and change.before else None
    if edit is None or not edit.op:
        return None
    return edit if zone.pending.isdisjoint(subjects_of_lines(edit.new)) else None


def _whole(zone: Zone, change: Change) -> Change:
    """Return the change with all of each set that it adds to, so that it ends when the program changes one of them.

    SPF is the exception: it stands beside other texts of a name, and stays when those come and go.
    """
    here = {record.subject for record in change.before}
    joined = sorted({record.subject for record in change.after} - here)
    spf = {record.subject for record in change.after if is_about_spf(str(record))}
    there = (record for subject in joined for record in zone.at(*subject.split(" ")))
    others = tuple(record for record in there if record.subject not in spf or is_about_spf(str(record)))
    return Change((*change.before, *others), (*others, *change.after), change.until)


def _edit(change: Change, finding: Finding) -> Edit:
    before, after, until = ("\n".join(dict.fromkeys(map(str, part))) for part in change)
    edit = Edit("replace", finding.subject, before, after, "proposed", finding.message, until)
    return replace(edit, op=edit.kind)


def _sound(findings: Sequence[Finding], zone: Zone, edits: Mapping[Edit, Finding | None]) -> list[Edit]:
    """Return the edits that go together: they are applied to the zone, and the rules are asked again.

    The finding that an edit mends, where it mends one, is gone then.
    """
    text, before = to_text(zone.records), _counted(findings)
    codes = Counter(finding.code for finding in findings)
    # A rule that reports its most may find another as soon as one is mended.
    cut_short = {code for code, count in codes.items() if count >= FINDINGS_PER_RULE}

    def is_sound(tried: list[Edit]) -> bool:
        edited, done = with_edits(text, tried, zone.origin)
        if any(edit.state == "rejected" for edit in done):
            return False
        left = _counted(judge(zone.holding(from_text(edited))))
        allowed = before - _counted(filter(None, (edits[edit] for edit in tried)))
        return all(count <= allowed[key] or key[0] in cut_short for key, count in left.items())

    def joined(sure: list[Edit], more: list[Edit]) -> list[Edit]:
        # Most edits go together, so all are tried at once; only where that fails, each half by itself.
        if is_sound([*sure, *more]):
            return [*sure, *more]
        half = len(more) // 2
        return joined(joined(sure, more[:half]), more[half:]) if half else sure

    return joined([], list(edits))


def _counted(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((finding.code, finding.subject) for finding in findings)

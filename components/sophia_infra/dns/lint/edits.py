"""Edits for findings that can be mended mechanically, each tried on the zone before it is offered."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from sophia_infra.advice.model import Edit, Finding
from sophia_infra.advice.rules import MAX_EDITS
from sophia_infra.dns.approved import with_edits
from sophia_infra.dns.lint import FINDINGS_PER_RULE, judge
from sophia_infra.dns.lint.fixes import FIXES, Change
from sophia_infra.dns.lint.zone import Zone
from sophia_infra.dns.records import from_text, to_text


def proposals(findings: Sequence[Finding], zone: Zone, editable: Collection[str] | None = None) -> list[Edit]:
    """Return the edits for those findings that have a fix, in the order of the findings, 20 at most.

    With them the zone has no fault that it had not, their findings are gone, and no other has come. A record gets one
    edit at a time; what else is wrong with it is found again once that is applied. `editable` are the lines that may
    be edited, where they are not all.
    """
    edits: dict[Edit, Finding] = {}
    kept, lost = set[str](), set[str]()
    for finding in findings:
        for edit in _edits(finding, zone):
            before = edit.before.split("\n")
            apart = lost.isdisjoint(before) and kept.isdisjoint(edit.lost)
            if apart and (editable is None or all(line in editable for line in before)):
                edits[edit] = finding
                lost.update(edit.lost)
                kept.update({*before}.difference(edit.lost))
    first = dict(list(edits.items())[:MAX_EDITS])
    return _Trial(findings, zone, first).sound([], list(first)) if first else []


def _edits(finding: Finding, zone: Zone) -> Iterator[Edit]:
    owner, _, kind = finding.subject.partition(" ")
    for change in FIXES[finding.code](zone, owner, kind) if finding.code in FIXES else ():
        whole = _whole(zone, change)
        new = {record.subject for record in whole.after if record not in whole.before}
        if zone.pending.isdisjoint(new):
            yield _edit(whole, finding)


def _whole(zone: Zone, change: Change) -> Change:
    """Return a change that holds all of each set it adds to, so that it ends when the program changes one of them."""
    here = {record.subject for record in change.before}
    joined = sorted({record.subject for record in change.after} - here)
    others = tuple(record for subject in joined for record in zone.at(*subject.split(" ")))
    return Change((*change.before, *others), (*others, *change.after), change.until)


def _edit(change: Change, finding: Finding) -> Edit:
    before, after = ("\n".join(map(str, dict.fromkeys(records))) for records in change[:2])
    only_adds = {*change.before} <= {*change.after}
    op = "add" if only_adds else "replace" if after else "remove"
    return Edit(op, finding.subject, before, after, "proposed", finding.message, "\n".join(change.until))


class _Trial:
    """Tries edits on the zone they are for."""

    def __init__(self, findings: Sequence[Finding], zone: Zone, edits: Mapping[Edit, Finding]) -> None:
        self._zone = zone
        self._text = to_text(zone.records)
        self._edits = edits
        self._before = _counted(findings)
        codes = Counter(finding.code for finding in findings)
        self._cut_short = {code for code, count in codes.items() if count >= FINDINGS_PER_RULE}

    def sound(self, sure: list[Edit], more: list[Edit]) -> list[Edit]:
        """Return the edits that are sure already, and as many more as go with them."""
        if self._is_sound([*sure, *more]):
            return [*sure, *more]
        if len(more) == 1:
            return sure
        half = len(more) // 2
        return self.sound(self.sound(sure, more[:half]), more[half:])

    def _is_sound(self, edits: list[Edit]) -> bool:
        text, done = with_edits(self._text, edits, self._zone.origin)
        if any(edit.state == "rejected" for edit in done):
            return False
        left = _counted(judge(self._zone.holding(from_text(text))))
        allowed = self._before - _counted(self._edits[edit] for edit in edits)
        return all(count <= allowed[key] or key[0] in self._cut_short for key, count in left.items())


def _counted(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((finding.code, finding.subject) for finding in findings)

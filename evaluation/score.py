"""How outcomes compare with labels: what is missed in each case, and the counts over all of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evaluation.cases import ANY, Case
from evaluation.outcome import Outcome
from sophia_infra.advice.model import Level

GRAVE = (Level.ERROR, Level.WARNING)
MODEL = "model-"
"""How the codes of a model's findings begin: no label names one, since its words are not the rules'."""


@dataclass(frozen=True, slots=True)
class Marks:
    """One case, marked. The findings and edits are those that a label names: found, missed, and too many.

    `misses` says in words what is not as the label has it; nothing where all of it is right.
    """

    right: bool
    mild: bool
    exposure: bool
    codes: tuple[int, int, int]
    edits: tuple[int, int, int]
    misses: tuple[str, ...]


def marks(case: Case, outcome: Outcome) -> Marks:
    """Return how an outcome compares with the case's label."""
    label, said = case.label, outcome.verdict
    missed, many = _codes(case, outcome)
    wanted, edits_many = _edits(case, outcome)
    least, most = label.exposure
    weighs = outcome.advice is None or least <= outcome.exposure <= most
    misses = (
        *((f"verdict: {said}, not {label.verdict}",) if said != label.verdict else ()),
        *((f"exposure: {outcome.exposure}, not from {least} to {most}",) if not weighs else ()),
        *(f"missing: {code}" for code in missed),
        *(f"too many: {code}" for code in many),
        *(f"edit missing: {line}" for line in wanted),
        *(f"edit too many: {subject}" for subject in edits_many),
    )
    found_codes, found_edits = len(label.codes) - len(missed), len(label.edits or ()) - len(wanted)
    return Marks(
        right=said == label.verdict,
        mild=said < label.verdict,
        exposure=weighs,
        codes=(found_codes, len(missed), len(many)),
        edits=(found_edits, len(wanted), len(edits_many)),
        misses=misses,
    )


def _codes(case: Case, outcome: Outcome) -> tuple[list[str], list[str]]:
    """The codes that are missing, and those that are too many."""
    label, found = case.label, {code for code, _ in outcome.codes if not code.startswith(MODEL)}
    grave = {code for code, level in outcome.codes if level in GRAVE and not code.startswith(MODEL)}
    many = found & label.absent
    if ANY in label.absent:
        many |= grave - label.codes
    return sorted(label.codes - found), sorted(many)


def _edits(case: Case, outcome: Outcome) -> tuple[list[str], list[str]]:
    """The lines that no edit brings, and the subjects of edits that bring none of those that are wanted."""
    wanted = case.label.edits
    if wanted is None:
        return [], []
    done = [
        (edit, {*(f"+ {line}" for line in edit.new), *(f"- {line}" for line in edit.lost)}) for edit in outcome.proposed
    ]
    brought = {line for _, lines in done for line in lines}
    return sorted(wanted - brought), sorted(edit.subject for edit, lines in done if not lines & wanted)


@dataclass(frozen=True, slots=True)
class Score:
    """The marks of a whole set, counted; `misses` by the name of the case."""

    cases: int
    right: int
    mild: int
    strict: int
    exposure: int
    codes: tuple[int, int, int]
    edits: tuple[int, int, int]
    misses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """The share of findings that must be there which are."""
        found, missed, _ = self.codes
        return _share(found, found + missed)

    @property
    def precision(self) -> float:
        """The share of findings that labels speak of which are right."""
        found, _, many = self.codes
        return _share(found, found + many)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {**asdict(self), "recall": round(self.recall, 4), "precision": round(self.precision, 4)}


def score(cases: Sequence[Case], outcomes: Iterable[Outcome]) -> Score:
    """Return the score of outcomes, one for each case."""
    marked = {case.name: marks(case, outcome) for case, outcome in zip(cases, outcomes, strict=True)}
    all_marks = list(marked.values())
    right, mild = sum(each.right for each in all_marks), sum(each.mild for each in all_marks)
    return Score(
        cases=len(all_marks),
        right=right,
        mild=mild,
        strict=len(all_marks) - right - mild,
        exposure=sum(each.exposure for each in all_marks),
        codes=_sum(each.codes for each in all_marks),
        edits=_sum(each.edits for each in all_marks),
        misses={name: each.misses for name, each in marked.items() if each.misses},
    )


def _sum(counts: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    first, second, third = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    return first, second, third


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0

"""Advisors, and consulting one: the same request gets the same advice, at preview, at up and after a crash.

`RuleAdvisor` is the deterministic one: what the rules found, one verdict, no model and no network.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol

from sophia_infra.advice import redaction
from sophia_infra.advice.model import OPERATIONS, Advice, Autonomy, Edit, Finding, Level, Request, Verdict, by_kind
from sophia_infra.journal import Journal, JournalError
from sophia_infra.reporter import STDERR, Reporter

MAX_KINDS = 20
MAX_FINDINGS = 20
"""How many kinds of findings are listed, and how many findings of each."""
MAX_EDITS = 20


class Advisor(Protocol):
    """Anything that can give advice.

    An implementation MUST answer in bounded time, MUST NOT raise for a request it can't judge (it falls
    back to the rules and says so in the summary), MUST NOT change anything anywhere, and is called on
    several threads at once.
    """

    def advise(self, request: Request) -> Advice:
        """Return advice on one change; `consult` sets its `id`."""


@dataclass(slots=True)
class FixedAdvisor:
    """An advisor for tests: says what it was told to say, and keeps the requests it was asked."""

    advice: Advice = field(default_factory=lambda: Advice("", "fixed", Verdict.APPROVE, "no findings"))
    requests: list[Request] = field(default_factory=list)

    def advise(self, request: Request) -> Advice:
        """Return the fixed advice."""
        self.requests.append(request)
        return self.advice


def nothing() -> Sequence[Any]:
    """Find, or propose, nothing."""
    return ()


def always(_advice: Advice, _journal: Journal) -> bool:
    """Say that journaled advice is said again."""
    return True


@dataclass(frozen=True, slots=True)
class RuleAdvisor:
    """An advisor that only says what the rules of a room found.

    `findings` and `edits` are called when advice is asked for, and not when it is replayed. `blocking`
    holds the codes that stop a change; other errors call for caution, unless they are older than it. So do the codes
    `in_vain`, whatever their level: what is meant does not come about.
    """

    findings: Callable[[], Sequence[Finding]] = nothing
    edits: Callable[[], Sequence[Edit]] = nothing
    blocking: Collection[str] = ()
    in_vain: Collection[str] = ()

    def advise(self, request: Request) -> Advice:
        """Return the 20 worst kinds of findings, else in the order they came in, and the verdict over all of them."""
        found = worst_first(self.findings())
        kinds = by_kind(found)
        listed = f"; the {MAX_KINDS} worst kinds are listed" if len(kinds) > MAX_KINDS else ""
        shown = dict(islice(kinds.items(), MAX_KINDS))
        said, carried = weigh(found, self.blocking, self.in_vain)
        return Advice(
            id=request.fingerprint,
            advisor="rules",
            verdict=said,
            summary=counted(found) + listed,
            findings=tuple(redaction.finding(one) for found in shown.values() for one in found[:MAX_FINDINGS]),
            edits=tuple(self.edits())[:MAX_EDITS],
            more={kind: left for kind, found in shown.items() if (left := len(found) - MAX_FINDINGS) > 0},
            carried=carried,
        )


def verdict(findings: Sequence[Finding], blocking: Collection[str] = (), in_vain: Collection[str] = ()) -> Verdict:
    """Return block for a blocking code, caution for any other error or a code `in_vain`, approve otherwise.

    What is old weighs nothing.
    """
    return weigh(findings, blocking, in_vain)[0]


def weigh(
    findings: Sequence[Finding], blocking: Collection[str], in_vain: Collection[str]
) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and the codes of the findings that carry it: none where it is approve."""
    weighed = [finding for finding in findings if not finding.old]
    if blocks := dict.fromkeys(finding.code for finding in weighed if finding.code in blocking):
        return Verdict.BLOCK, tuple(blocks)
    codes = (finding.code for finding in weighed if finding.level is Level.ERROR or finding.code in in_vain)
    if grave := dict.fromkeys(codes):
        return Verdict.CAUTION, tuple(grave)
    return Verdict.APPROVE, ()


def counted(findings: Sequence[Finding]) -> str:
    """Return how many findings there are of each level, what is old apart: `1 error, 2 warnings; as before: 1 info`."""
    new, old = (_counted(finding for finding in findings if finding.old is of) for of in (False, True))
    return new or "no findings" if not old else f"{new or 'nothing new'}; as before: {old}"


def _counted(findings: Iterable[Finding]) -> str:
    counts = Counter(finding.level for finding in findings)
    return ", ".join(f"{counts[level]} {_plural(level, counts[level])}" for level in Level if counts[level])


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by level, else in the order they came in."""
    order = tuple(Level)
    return sorted(findings, key=lambda finding: order.index(finding.level))


def by_turns(findings: Sequence[Finding]) -> list[Finding]:
    """Return the first finding of each kind, then the second of each, and so on, else in the order they came in."""
    before = Counter[str]()
    turns = []
    for finding in findings:
        turns.append(before[finding.kind])
        before[finding.kind] += 1
    return [finding for _, finding in sorted(zip(turns, findings, strict=True), key=itemgetter(0))]


def consult(
    request: Request,
    advisor: Advisor,
    *,
    journal: Journal | None = None,
    reporter: Reporter = STDERR,
    stands: Callable[[Advice, Journal], bool] = always,
    turn: Callable[[Request], AbstractContextManager[object]] = nullcontext,
) -> Advice:
    """Return the advice on a request: from the journal, else from the advisor.

    The `autonomy` among the request's facts decides which edits stay (default `suggest`). What a new request is told
    is journaled; of two processes that ask at once, both return what the first one wrote. A journal that fails never
    stops advice: the summary and a line of the reporter say so. `stands` says of journaled advice whether it is said
    again, or asked for anew. The advisor is asked within a `turn`, which may wait for who asks the same.
    """
    if (known := _replayed(request, journal)) and journal and stands(known, journal):
        return known
    with turn(request):
        known = _replayed(request, journal)
        if known and journal and stands(known, journal):
            return known
        given = replace(advisor.advise(request), id=request.fingerprint)
        autonomy = Autonomy(request.facts.get("autonomy", Autonomy.SUGGEST))
        return _recorded(request, permit(given, autonomy), journal, reporter, anew=known is not None)


def _replayed(request: Request, journal: Journal | None) -> Advice | None:
    try:
        given = journal.last(Advice, request.fingerprint) if journal else None
    except JournalError:
        return None  # the write that follows meets the same journal, and tells of it
    return given.row if given else None


def _recorded(
    request: Request, advice: Advice, journal: Journal | None, reporter: Reporter, *, anew: bool = False
) -> Advice:
    if journal is None:
        return advice
    try:
        if anew:
            journal.write(request.fingerprint, advice)
            return advice
        return journal.write_once(request.fingerprint, advice, request)
    except JournalError as error:
        reporter.say_once(f"advice is not journaled: {error}")
        return replace(advice, summary=f"{advice.summary} (not journaled)")


def permit(advice: Advice, autonomy: Autonomy) -> Advice:
    """Return advice with the edits that the autonomy level lets through.

    `analysis` lets none through; else every edit is a proposal, whatever an advisor called it, and one that is no
    known operation is kept as rejected.
    """
    if autonomy is Autonomy.ANALYSIS:
        return replace(advice, edits=())
    return replace(advice, edits=tuple(map(_proposed, advice.edits)))


def compose(rules: Advice, other: Advice) -> Advice:
    """Return the advice of two advisors as one: the worse verdict, and what the rules found first.

    This is what keeps any second advisor, a model above all, from talking the rules out of a verdict.
    """
    errors = dict.fromkeys(finding.code for finding in other.findings if finding.level is Level.ERROR)
    theirs = tuple(errors) or (other.advisor,)
    return replace(
        rules,
        carried=theirs if other.verdict > rules.verdict else rules.carried,
        advisor=f"{rules.advisor}+{other.advisor}",
        verdict=max(rules.verdict, other.verdict),
        summary=f"{rules.summary}; {other.summary}",
        findings=tuple(dict.fromkeys(rules.findings + other.findings)),
        edits=(*rules.edits, *dict.fromkeys(replace(edit, by=other.advisor or "model") for edit in other.edits)),
        more={**other.more, **rules.more},
    )


def _proposed(edit: Edit) -> Edit:
    known = edit.op in OPERATIONS and edit.state != "rejected"
    return replace(edit, state="proposed" if known else "rejected")


def _plural(level: Level, count: int) -> str:
    return level if level is Level.INFO or count == 1 else f"{level}s"

"""Consulting an advisor: the same request gets the same advice, at preview, at up and after a crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sophia_infra.advice.model import Advice, Autonomy, Request, Verdict
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.advice.rules import permit
from sophia_infra.journal import Journal, JournalError


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


def consult(
    request: Request,
    advisor: Advisor,
    *,
    previous: Mapping[str, Any] | None = None,
    journal: Journal | None = None,
    reporter: Reporter = STDERR,
) -> Advice:
    """Return the advice on a request: from the old inputs, else from the journal, else from the advisor.

    `previous` is the `advice` property of the old inputs. The `autonomy` among the request's facts decides
    which edits stay (default `suggest`). What a new request is told is journaled; of two processes that ask
    at once, both return what the first one wrote. A journal that fails never stops advice: the summary and
    a line of the reporter say so.
    """
    advice = _reused(request, previous) or _replayed(request, journal)
    if advice is not None:
        return advice
    given = replace(advisor.advise(request), id=request.fingerprint)
    autonomy = Autonomy(request.facts.get("autonomy", Autonomy.SUGGEST))
    return _recorded(request, permit(given, autonomy), journal, reporter)


def _reused(request: Request, previous: Mapping[str, Any] | None) -> Advice | None:
    if not isinstance(previous, Mapping) or previous.get("id") != request.fingerprint:
        return None
    try:
        return Advice.from_inputs(previous)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # written by another release: ask again


def _replayed(request: Request, journal: Journal | None) -> Advice | None:
    try:
        given = journal.last(Advice, request.fingerprint) if journal else None
    except JournalError:
        return None  # the write that follows meets the same journal, and tells of it
    return given.row if given else None


def _recorded(request: Request, advice: Advice, journal: Journal | None, reporter: Reporter) -> Advice:
    if journal is None:
        return advice
    try:
        journal.write_once(request.fingerprint, request)
        return journal.write_once(request.fingerprint, advice)
    except JournalError as error:
        reporter.say_once(f"advice is not journaled: {error}")
        return replace(advice, summary=f"{advice.summary} (not journaled)")

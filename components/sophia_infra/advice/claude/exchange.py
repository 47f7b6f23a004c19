"""The one way in which a model is asked: on behalf of a run, within its budget, and told by the journal."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from sophia_infra.advice.claude.budget import PLACE, Budget, Call
from sophia_infra.advice.claude.client import Question, Reply, SpentError, ask, sdk
from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.credentials import CredentialError
from sophia_infra.journal import Journal, JournalError
from sophia_infra.reporter import STDERR, Reporter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the model for one run.

    Attributes:
        spec: the model, and the bounds of the run.
        run: what is bounded: a run of the engine, or a day of an agent's stack; None for this process.
        journal: keeps what each call took.
        plan: the saved plan that it is asked for.
    """

    spec: ClaudeSpec
    run: str | None
    journal: Journal | None = None
    reporter: Reporter = STDERR
    plan: str = ""

    def ask(self, about: str, question: Question, read: Callable[[Reply], T]) -> T:
        """Return what `read` makes of the answer; the call is journaled under `about`.

        Raises:
            NoAnswerError: there is none, nothing is left of the budget, or `read` says that it has another shape.
        """
        budget = self._budget()
        with suppress(NoAnswerError):  # the call that follows meets the same, and tells of it
            sdk()  # its import takes a second, which is no waiting for an answer
        try:
            place = budget.reserve(self.spec, question.most)
        except NoAnswerError as error:
            self._record(about, self._call(Usage(), error.lack, 0.0))
            raise
        began, usage, lack = time.monotonic(), Usage(), ""
        try:
            reply = self._reply(question)
            usage = reply.usage
            return read(reply)
        except NoAnswerError as error:
            lack = error.lack
            usage = error.usage if isinstance(error, SpentError) else usage
            raise
        finally:
            call = self._call(usage, lack, round(time.monotonic() - began, 3))
            budget.note(place, call)
            self._record(about, call)

    def _budget(self) -> Budget:
        run, journal = self.run, self.journal

        def before() -> Iterator[Call]:
            with suppress(JournalError):  # the row that follows meets the same journal, and tells of it
                rows = journal.of_run(Call, run, PLACE, foreign=True) if journal and run else ()
                yield from (found.row for found in rows)

        return Budget(run, before)

    def _reply(self, question: Question) -> Reply:
        try:
            key = self.spec.key()
        except CredentialError as error:
            raise NoAnswerError(Lack.NO_KEY, str(error)) from None
        return ask(question, model=self.spec.model, key=key, timeout=self.spec.timeout)

    def _call(self, usage: Usage, lack: str, seconds: float) -> Call:
        cost = self.spec.price.of(usage) if self.spec.price else None
        return Call(self.run, self.plan, self.spec.model, lack, seconds, usage, cost)

    def _record(self, about: str, call: Call) -> None:
        try:
            if self.journal:
                self.journal.write(about, call)
        except JournalError as error:
            self.reporter.say_once(f"what the model used is not journaled: {error}")

"""The advisor that asks the rules, then the model, and says the worse of both."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace

from sophia_infra.advice.claude.budget import PLACE, Budget, Call
from sophia_infra.advice.claude.client import Reply, SpentError, ask, most_of, sdk
from sophia_infra.advice.claude.lack import Lack, NoAnswerError
from sophia_infra.advice.claude.ledger import alone
from sophia_infra.advice.claude.prices import Usage
from sophia_infra.advice.claude.prompt import INSTRUCTIONS, VERSION, document
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.advice.consult import Advisor, compose
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.advice.report import STDERR, Reporter
from sophia_infra.credentials import CredentialError
from sophia_infra.engine_run import engine_run, plan_seed
from sophia_infra.journal import Journal, JournalError

Admit = Callable[[Sequence[Edit]], Sequence[Edit]]
"""Returns the edits that the resource's own validators let through."""


def name_of(spec: ClaudeSpec) -> str:
    """Return what stands for the model and its instructions in a request: others ask anew."""
    return f"{spec.model} {VERSION}"


@dataclass(frozen=True, slots=True)
class ClaudeAdvisor:
    """The rules' advice, narrowed by what the model says; the rules' alone where it has no say.

    `admit` holds its edits to what holds for those of the rules. What each question took is journaled.
    """

    rules: Advisor
    spec: ClaudeSpec
    admit: Admit
    journal: Journal | None = None
    reporter: Reporter = STDERR

    def advise(self, request: Request) -> Advice:
        """Return the worse of two verdicts, the findings of both, and the edits that passed."""
        rules = self.rules.advise(request)
        try:
            answer = self._answer(request, rules)
        except NoAnswerError as lack:
            self.reporter.say_once(f"the rules decide alone, since {self.spec.model} had no say: {lack}")
            return replace(rules, summary=f"{rules.summary}; {self.spec.model} had no say: {lack}", lacking=lack.lack)
        passed = set(self.admit([edit for edit in answer.edits if edit.state == "proposed"]))
        edits = [edit if edit in passed else replace(edit, state="rejected") for edit in answer.edits]
        return compose(rules, replace(answer, edits=tuple(edits)))

    def turn(self, request: Request) -> AbstractContextManager[None]:
        """Wait for whoever asks the same at this moment; what it was told stands in the journal afterwards."""
        return alone(request.fingerprint, self.spec.timeout)

    def keep(self, advice: Advice) -> None:
        """Note for a plan that may be saved that the model has no say in it: a program that asked knows of no plan."""
        if not (self.journal and advice.lacking and plan_seed()):
            return
        with suppress(JournalError):  # then the apply of that plan asks again
            call = self.journal.last(Call, advice.id)
            if call and call.row.run == engine_run() and not call.row.plan:
                self.journal.write(advice.id, replace(call.row.repeated, plan=plan_seed()))

    def _answer(self, request: Request, rules: Advice) -> Advice:
        budget, text = self._budget(), document(request, rules)
        with suppress(NoAnswerError):  # the call that follows meets the same, and tells of it
            sdk()  # its import takes a second, which is no waiting for an answer
        try:
            place = budget.reserve(self.spec, most_of(INSTRUCTIONS, text))
        except NoAnswerError as error:
            self._record(request, self._call(Usage(), error.lack, 0.0))
            raise
        began, usage, lack = time.monotonic(), Usage(), ""
        try:
            reply = self._reply(text)
            usage = reply.usage
            from sophia_infra.advice.claude.answer import read

            return read(reply.text, request, self.spec.model)
        except NoAnswerError as error:
            lack = error.lack
            usage = error.usage if isinstance(error, SpentError) else usage
            raise
        finally:
            call = self._call(usage, lack, round(time.monotonic() - began, 3))
            budget.note(place, call)
            self._record(request, call)

    def _budget(self) -> Budget:
        run, journal = engine_run(), self.journal

        def before() -> Iterator[Call]:
            with suppress(JournalError):  # the row that follows meets the same journal, and tells of it
                rows = journal.of_run(Call, run, PLACE, foreign=True) if journal and run else ()
                yield from (found.row for found in rows)

        return Budget(run, before)

    def _reply(self, text: str) -> Reply:
        try:
            key = self.spec.key()
        except CredentialError as error:
            raise NoAnswerError(Lack.NO_KEY, str(error)) from None
        return ask(INSTRUCTIONS, text, model=self.spec.model, key=key, timeout=self.spec.timeout)

    def _call(self, usage: Usage, lack: str, seconds: float) -> Call:
        cost = self.spec.price.of(usage) if self.spec.price else None
        return Call(engine_run(), plan_seed(), self.spec.model, lack, seconds, usage, cost)

    def _record(self, request: Request, call: Call) -> None:
        try:
            if self.journal:
                self.journal.write(request.fingerprint, call)
        except JournalError as error:
            self.reporter.say_once(f"what the model used is not journaled: {error}")


def stands(advice: Advice, journal: Journal) -> bool:
    """Whether journaled advice is to be said again: always, but where the model had no say, in this run or plan only.

    So preview and `up` say the same, and the next preview asks again.
    """
    if not advice.lacking:
        return True
    try:
        call = journal.last(Call, advice.id)
    except JournalError:
        return False
    run, plan = engine_run(), plan_seed()
    return bool(call and ((run and call.row.run == run) or (plan and call.row.plan == plan)))

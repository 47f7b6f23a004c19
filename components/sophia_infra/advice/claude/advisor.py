"""The advisor that asks the rules, then the model, and says the worse of both."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from typing import Any

from sophia_infra.advice.claude.budget import Call
from sophia_infra.advice.claude.client import Question, Reply
from sophia_infra.advice.claude.exchange import Asking
from sophia_infra.advice.claude.lack import NoAnswerError
from sophia_infra.advice.claude.ledger import alone
from sophia_infra.advice.claude.prompt import INSTRUCTIONS, VERSION, document
from sophia_infra.advice.claude.spec import ClaudeSpec
from sophia_infra.advice.consult import Advisor, compose
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.engine_run import engine_run, plan_seed
from sophia_infra.journal import Journal, JournalError
from sophia_infra.reporter import STDERR, Reporter

Admit = Callable[[Sequence[Edit]], Sequence[Edit]]
"""Returns the edits that the resource's own validators let through."""


def name_of(spec: ClaudeSpec) -> str:
    """Return what stands for the model and its instructions in a request: others ask anew."""
    return f"{spec.model} {VERSION}"


@dataclass(frozen=True, slots=True)
class ClaudeAdvisor:
    """The rules' advice, narrowed by what the model says; the rules' alone where it has no say.

    Attributes:
        admit: returns those of the model's edits that are as sound as those of the rules.
        journal: takes down what each question took; None for nowhere.
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
        def answer(reply: Reply) -> Advice:
            from sophia_infra.advice.claude.answer import read

            return read(reply.text, request, self.spec.model)

        asking = Asking(self.spec, engine_run(), self.journal, self.reporter, plan_seed())
        messages = [{"role": "user", "content": document(request, rules)}]
        return asking.ask(request.fingerprint, Question(INSTRUCTIONS, messages, _shape), answer)


def _shape() -> Mapping[str, Any]:
    from sophia_infra.advice.claude.answer import SCHEMA

    return SCHEMA


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

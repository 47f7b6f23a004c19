"""Asking a model before `check` does: an engine checks one resource after the other, and so would wait for each."""

import threading
from dataclasses import dataclass, replace

from sophia_infra.advice.consult import Advisor
from sophia_infra.advice.model import Advice, Autonomy, Request
from sophia_infra.advised.credentials import with_credentials
from sophia_infra.advised.resource import Resource
from sophia_infra.advised.walk import advice_on
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter

_PLANNING = threading.Lock()
"""Plans are worked out one after the other, which takes no longer and a fraction of the memory; answers are not."""


@dataclass(frozen=True, slots=True)
class _InTurn:
    """The rules, of one resource at a time; of a request that can't be journaled, nothing is asked ahead."""

    rules: Advisor
    journal: Journal

    def advise(self, request: Request) -> Advice:
        self.journal.write_once(request.fingerprint, request)
        with _PLANNING:
            return self.rules.advise(request)


def ask_ahead(resource: Resource, journal: Journal, reporter: Reporter = STDERR) -> None:
    """Have the model asked what `check` asks it first, so that the answer stands in the journal.

    Nothing is asked where there is none, where nothing changes, and where the level of autonomy may be another one by
    the time of the check.

    Raises:
        SophiaError: as `Resource.plan`.
        JournalError: the answer could not be journaled, and would be asked for again.
    """
    about = resource.about
    if about.claude is None or about.autonomy.rank >= Autonomy.LIMITED.rank:
        return
    with _PLANNING:
        plan = with_credentials(resource.plan(about.edits))
    if plan.changes:
        advice_on(about, replace(plan, advisor=_InTurn(plan.advisor, journal)), journal, reporter)

"""Where a run stands, from its rows alone: whoever comes after a driver that was killed knows what is next. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sophia_infra.agent.execution.rows import Step, Word


class Said(StrEnum):
    """What is said of the approval that a run asked for."""

    NOTHING = "nothing"
    YES = "approved"
    NO = "declined"


class State(StrEnum):
    """Where a run stands. It waits for a person, goes on by itself, or has ended (`ENDED`)."""

    PROPOSED = "proposed"
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    APPLYING = "applying"
    VERIFYING = "verifying"
    FAILED = "failed"
    DONE = "done"
    INCONCLUSIVE = "inconclusive"
    ROLLING_BACK = "rolling-back"
    VERIFYING_ROLLBACK = "verifying-rollback"
    ROLLED_BACK = "rolled-back"
    STOPPED = "stopped"


GOES_ON = (State.APPLYING, State.VERIFYING, State.ROLLING_BACK, State.VERIFYING_ROLLBACK)
"""Where a run goes on by itself, unless the command that carries it out was killed."""
OPEN = (State.WAITING, State.APPROVED, *GOES_ON)
"""Where it waits for a person's word, or goes on."""
ENDED = (State.DECLINED, State.DONE, State.ROLLED_BACK, State.STOPPED)

_STEPS: Mapping[Word, tuple[State, tuple[State, ...]]] = {
    Word.REQUESTED: (State.WAITING, (State.PROPOSED,)),
    Word.DECLINED: (State.DECLINED, (State.PROPOSED, State.WAITING, State.APPROVED)),
    Word.APPLYING: (State.APPLYING, (State.APPROVED,)),
    Word.REPEATING: (State.APPLYING, (State.APPLYING,)),
    Word.APPLIED: (State.VERIFYING, (State.APPLYING,)),
    Word.FAILED: (State.FAILED, (State.APPLYING, State.VERIFYING)),
    Word.VERIFYING: (State.VERIFYING, (State.INCONCLUSIVE,)),
    Word.VERIFIED: (State.DONE, (State.VERIFYING,)),
    Word.INCONCLUSIVE: (State.INCONCLUSIVE, (State.VERIFYING,)),
    Word.ROLLING_BACK: (State.ROLLING_BACK, (State.FAILED, State.INCONCLUSIVE, State.DONE, State.STOPPED)),
    Word.UNDONE: (State.VERIFYING_ROLLBACK, (State.ROLLING_BACK,)),
    Word.ROLLED_BACK: (State.ROLLED_BACK, (State.VERIFYING_ROLLBACK,)),
    Word.PENDING: (State.VERIFYING, (State.VERIFYING, State.VERIFYING_ROLLBACK)),
    Word.STOPPING: (State.STOPPED, (State.APPLYING, State.ROLLING_BACK)),
    Word.STOPPED: (State.STOPPED, tuple(state for state in State if state not in ENDED)),
}
"""Where each step leads, and where a run may take it. Who is asked to stop gets there once the engine is gone."""
OPENS = (Word.REQUESTED, Word.VERIFYING, Word.ROLLING_BACK)
"""The steps by which a run becomes open."""
STAYS = (Word.PENDING, Word.STOPPING)
"""The steps after which a run stands where it stood."""


def state_of(steps: Sequence[Step], said: Said) -> State:
    """Return where a run stands, by its steps, oldest first, and by what is said of its approval."""
    last = next((step.word for step in reversed(steps) if step.word not in STAYS), None)
    if last is None:
        return State.PROPOSED
    if last is Word.REQUESTED:
        return {Said.NOTHING: State.WAITING, Said.YES: State.APPROVED, Said.NO: State.DECLINED}[said]
    return _STEPS[last][0]


def may_follow(word: Word, state: State, steps: Sequence[Step]) -> bool:
    """Return whether a run may take a step where it stands.

    A way back begins of what was begun alone, and a second one only where the first was stopped; an apply is repeated
    once.
    """
    words = [step.word for step in steps]
    if word is Word.ROLLING_BACK and (Word.ROLLED_BACK in words or Word.APPLYING not in words):
        return False
    if word is Word.REPEATING and (word in words or Word.STOPPING in words):
        return False
    return state in _STEPS[word][1]


def is_stopping(steps: Sequence[Step]) -> bool:
    """Return whether the engine that runs was asked to stop."""
    return bool(steps) and steps[-1].word is Word.STOPPING

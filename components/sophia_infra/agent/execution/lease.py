"""The lease of a stack: one run at a time is at work on it, and holds it as long as the engine that it began."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sophia_infra.changes import fingerprint
from sophia_infra.engine_process.locks import held
from sophia_infra.errors import SophiaError
from sophia_infra.home import make_user_folder, user_folder
from sophia_infra.journal import Journal, JournalError

FOLDER = "leases"
_SOON, _LONG = 2.0, 3600.0
"""Seconds to wait for a holder that is gone, whose locks go one by one, and for one that comes to its end."""


class LeaseError(SophiaError):
    """A stack that another run is at work on."""

    code = "stack-busy"


@contextmanager
def leased(stack: str, journal: Journal, *, wait: bool = False) -> Iterator[tuple[int, ...]]:
    """Hold the one lease of a stack, `project/name`; it gives the descriptors to hand on.

    It is a lock of this user on this machine, and one of the journal where machines share that. With `wait` it is
    waited for: whoever has it is known to come to its end.

    Raises:
        LeaseError: another run of the agent has it, or an engine that one began.
        OSError: its file can't be made.
    """
    make_user_folder(user_folder())
    folder = user_folder() / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with held(folder / fingerprint(stack)[:16], wait=wait, patience=_SOON) as descriptor:
        if descriptor is None:
            raise _busy(stack)
        with ExitStack() as shared:
            try:
                more = shared.enter_context(journal.inherited(f"agent lease {stack}", _LONG if wait else _SOON))
            except JournalError as error:
                raise (_busy(stack) if error.code == "journal-locked" else error) from None
            yield (descriptor, *more)


def _busy(stack: str) -> LeaseError:
    told = f"another run of the agent is at work on {stack} (sophia agent status); after it: sophia agent resume ID"
    return LeaseError(told, field="STACK", subject=stack)

"""What every dynamic provider of ours has: the stack's settings, and what it answers where it fails: its message alone.

The SDK knows no such failure: it sends whatever is raised with the traceback around it, newer versions in the answer,
older ones on stderr. gRPC does: a call may end with a status of its own, set on the call's context, and a result that
nobody looks at (https://grpc.github.io/grpc/python/grpc.html#grpc.ServicerContext.set_code). The SDK keeps the
context to itself, so it is looked for among those who called.
"""

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import grpc
from pulumi.dynamic import CheckFailure, ConfigureRequest, ReadResult, ResourceProvider

from sophia_infra import trail
from sophia_infra.engine_run import callers
from sophia_infra.errors import SophiaError

P = ParamSpec("P")
R = TypeVar("R")
log = logging.getLogger(__name__)


class _Unseen(ReadResult):
    """A result that nobody looks at: with every field that the SDK asks of one."""

    changes = replaces = delete_before_replace = None


class Configured(ResourceProvider):
    """A provider with the stack's settings at hand; a wrong one is refused by `check`, where it costs no traceback."""

    _setting: Callable[[str], str | None] = staticmethod(lambda _key: None)

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the settings."""
        self._setting = req.config.get
        trail.switch_on()


def plainly(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method of a provider, `check` aside, fail with one message where it raises a SophiaError."""

    @functools.wraps(method)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except SophiaError as error:
            log.debug("%s fails: %s", method.__qualname__, error.code)
            _end_call(error)
            return cast("R", _Unseen("", {}))

    return answer


def failure(error: SophiaError) -> CheckFailure:
    """Return an expected failure of a `check`: its message, which names the input to mend.

    The engine is told of no property: it would print the property's whole value before the reason, `{<nil>}` for one
    inside a list, and knows nothing of what is about the resource as a whole.
    """
    field, reason = error.field, str(error)
    return CheckFailure("", reason if field in reason else f"{field}: {reason}")


def _end_call(error: SophiaError) -> None:
    """End the call that is being answered; where there is none, as in a test of a provider, raise the error itself."""
    held = (value for names in callers() for value in names.values())
    call = next((value for value in held if isinstance(value, grpc.ServicerContext)), None)
    if call is None:
        raise error from None
    call.set_code(grpc.StatusCode.UNKNOWN)  # the code of any exception: what was done until then is not known
    call.set_details(str(error))

"""What a refusal holds, asked for by its code and fields, and by its text once a message."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from sophia_infra.errors import SophiaError

Failure = TypeVar("Failure", bound=SophiaError)


@contextmanager
def refused(
    kind: type[Failure], code: str = "", *, says: str = "", **held: float | str | None
) -> Iterator[pytest.ExceptionInfo[Failure]]:
    """Expect a failure of that code, by default its class's, whose fields are as `held` says.

    `field=""` holds that it is about no setting. `says` is a pattern that its message has.
    """
    with pytest.raises(kind) as caught:
        yield caught
    found = {"code": caught.value.code, **{name: getattr(caught.value, name) for name in held}}
    assert found == {"code": code or kind.code, **held}, str(caught.value)
    assert re.search(says, str(caught.value)), f"no {says!r} in: {caught.value}"

"""The mark that a server keeps beside each login of ours: what was done to it, and for which secret."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from sophia_infra.codec import BRIEF, decode, encode
from sophia_infra.dns.reader.problems import bounded
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.phases import Slot, SlotState

_PREFIX = "sophia "


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to a login, when, and for which secret, by its label; `rights` stands for those that it was given.

    Its text has the fields' names as keys: it stands on users' servers.
    """

    secret: str
    slot: str
    generation: int
    state: SlotState
    at: datetime
    rights: str = field(default="", metadata=BRIEF)

    def __str__(self) -> str:
        return _PREFIX + json.dumps(encode(self))


def read(text: str | None) -> Mark | None:
    """Return the mark that a text is, None where it is none of ours."""
    if not text or not text.startswith(_PREFIX):
        return None
    try:
        found: Mark = decode(Mark, json.loads(text.removeprefix(_PREFIX)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return found


def slot_of(mark: Mark | None, secret: str, login: str, *, can_login: bool) -> Slot:
    """Return how a login stands by its mark; what the server itself says of logins wins.

    Raises:
        SecretError: the login was not made for this secret.
    """
    if mark is None:
        raise foreign(login, "was not made for this secret")
    if mark.secret != secret:
        whose = f"was not made for this secret, but for {bounded(mark.secret)}"
        fix = "if that one was renamed, name it so: aliases=[pulumi.Alias(name=...)]; else give another group"
        raise foreign(login, whose, fix)
    if mark.state is SlotState.SUSPENDED and can_login:
        return Slot(SlotState.ISSUED, mark.generation, mark.at)
    if mark.state is SlotState.ISSUED and not can_login:
        return Slot(SlotState.SUSPENDED, mark.generation, None)
    return Slot(mark.state, mark.generation, mark.at)


def foreign(login: str, whose: str, fix: str = "give another group, or rename it") -> SecretError:
    """Return the error where a login that stands is not one of ours."""
    return SecretError(f"{login} {whose}; {fix}", code="secret-foreign", field="group", subject=login)

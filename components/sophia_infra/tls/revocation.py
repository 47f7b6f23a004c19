"""Which certificate is revoked, or is to be, and why. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

REASONS = MappingProxyType(
    {"unspecified": 0, "keyCompromise": 1, "affiliationChanged": 3, "superseded": 4, "cessationOfOperation": 5}
)
"""Why a subscriber revokes, by code (RFC 5280 section 5.3.1): what the Baseline Requirements leave to it."""
ENDED = "cessationOfOperation"
_SERIAL = re.compile(r"[0-9A-Fa-f:]{2,64}")


@dataclass(frozen=True, slots=True)
class Revocation:
    """A certificate by its serial number in upper-case hex, and one of `REASONS`.

    `is_done` says that its issuer has revoked it; else the program wants that, once the next one is there.
    """

    serial_number: str
    reason: str
    is_done: bool = False

    def __str__(self) -> str:
        return f"{'revoked by its issuer' if self.is_done else 'the program has it revoked'} ({self.reason})"

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], error: type[SophiaError]) -> Self | None:
        """Read the input `revoke`, None where there is none; `error` is raised where it is not allowed."""
        given = Value("revoke", inputs.get("revoke"), error)
        if given.value is None:
            return None
        given.members(("serial_number", "reason"))
        serial = given.get("serial_number").text("give the serial number in hex", fits=_SERIAL.fullmatch)
        return cls(serial.replace(":", "").upper(), given.get("reason", "unspecified").word(list(REASONS)))

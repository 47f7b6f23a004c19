"""What a record of dns-persist-01 says: draft-ietf-acme-dns-persist-01, in the form of RFC 8659 section 4.2. Pure."""

import re
from datetime import datetime
from typing import NamedTuple, Self

from sophia_infra.dns.rr.caa import CaaProperty

_MOMENT = re.compile("[0-9]{1,18}")


class Allowance(NamedTuple):
    """Which account may order at an issuer; for all names below as well, where `wildcard` is set.

    `until` is in seconds since 1970, as text; empty for good.
    """

    issuer: str
    account: str
    wildcard: bool
    until: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the text of a TXT record; of one that is about something else, nothing comes of it."""
        found = CaaProperty(0, "issue", text)
        account, policy, until = (
            "".join(found.parameter(name)[-1:]) for name in ("accounturi", "policy", "persistuntil")
        )
        return cls(found.issuer, account, policy.lower() == "wildcard", until)

    def is_of(self, other: Self) -> bool:
        """Whether both are about one account at one issuer."""
        return self[:2] == other[:2]

    def suffices(self, asked: Self, now: datetime) -> bool:
        """Whether it allows what another one asks for, and still does; one whose end can't be read does not."""
        holds = not self.until or (_MOMENT.fullmatch(self.until) and int(self.until) > now.timestamp())
        return self.is_of(asked) and bool(holds) and self.wildcard >= asked.wildcard

    def __str__(self) -> str:
        """Return the text of a record that says so for good."""
        return f"{self.issuer}; accounturi={self.account}{'; policy=wildcard' if self.wildcard else ''}"

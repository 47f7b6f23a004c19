"""What a record of dns-persist-01 says: draft-ietf-acme-dns-persist-01, in the form of RFC 8659 section 4.2. Pure."""

from typing import NamedTuple, Self

from sophia_infra.dns.rr.caa import CaaProperty


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

    def __str__(self) -> str:
        """Return the text of a record that says so for good."""
        return f"{self.issuer}; accounturi={self.account}{'; policy=wildcard' if self.wildcard else ''}"

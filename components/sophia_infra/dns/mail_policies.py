"""The policies on mail that a domain gives as TXT: where each stands, and which texts there receivers take for one."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sophia_infra.dns.dmarc.record import is_found
from sophia_infra.dns.rr.txt import decode
from sophia_infra.dns.spf.record import is_policy


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """A policy: what people call it, its owner name, and whether receivers take a text for one."""

    name: str
    owner: str
    is_one: Callable[[str], bool]

    def among(self, values: Iterable[str]) -> list[str]:
        """Return the texts among values of TXT that receivers take for one; of more than one, they apply none."""
        return [text for text in map(decode, values) if self.is_one(text)]


SPF = MailPolicy("SPF", "@", is_policy)
DMARC = MailPolicy("DMARC", "_dmarc", is_found)

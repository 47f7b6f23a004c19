"""What an SPF check rests on: who sends, what macros and `ptr` say of that (RFC 7208), and what the DNS answers."""

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol

from sophia_infra.dns.spf import macros
from sophia_infra.dns.spf.record import LOOKUP_LIMIT
from sophia_infra.errors import SophiaError

Address = IPv4Address | IPv6Address


class LookupFailedError(SophiaError):
    """A lookup without an answer: a timeout, a server's failure, or a name that nobody here knows about."""

    code = "lookup-failed"


class Resolver(Protocol):
    """Answers lookups. One resolver serves one check at a time."""

    def lookup(self, name: str, rtype: str) -> tuple[str, ...]:
        """Return the data of a name's records of one type; nothing where there is no such name or no such record.

        `name` is an absolute name without its final dot, in any case, unescaped. `rtype` is A, AAAA, MX, TXT or PTR.
        Addresses come as text, TXT with its strings joined, names without a final dot; of MX the hosts alone, most
        preferred first, where `` is the null MX. Aliases MUST be followed.

        Raises:
            LookupFailedError: there is no answer, or the aliases go in a circle.
        """
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """Who sends: the client's address, the name it gives in HELO, and the sender in MAIL FROM (`` for a bounce).

    `receiver` and `at` (seconds since 1970) only ever appear in explanations.
    """

    ip: Address
    helo: str
    sender: str = ""
    receiver: str = "unknown"
    at: int = 0

    @property
    def address(self) -> Address:
        """The client's address; an IPv4 one mapped into IPv6 is an IPv4 address (section 5)."""
        return getattr(self.ip, "ipv4_mapped", None) or self.ip

    @property
    def mailbox(self) -> tuple[str, str]:
        """Local part and domain of the identity that is checked (sections 2.4 and 4.3)."""
        local, _, domain = self.sender.rpartition("@")
        return local or "postmaster", domain or self.helo

    @property
    def reverse_name(self) -> str:
        """The name at which the reverse tree has the client's address."""
        return f"{'.'.join(reversed(self._parts.split('.')))}.{self._tree}.arpa"

    @property
    def _parts(self) -> str:
        address = self.address
        return str(address) if address.version == 4 else ".".join(address.exploded.replace(":", "").upper())

    @property
    def _tree(self) -> str:
        return "in-addr" if self.address.version == 4 else "ip6"

    def values(self, domain: str) -> dict[str, str]:
        """Return what the macros stand for while `domain` is judged, all but `p`."""
        local, sender_domain = self.mailbox
        return {
            "s": f"{local}@{sender_domain}",
            "l": local,
            "o": sender_domain,
            "d": domain,
            "i": self._parts,
            "v": self._tree,
            "h": self.helo,
            "c": str(self.address),
            "r": self.receiver,
            "t": str(self.at),
        }

    def validated(self, names: tuple[str, ...], resolver: Resolver) -> list[str]:
        """Return those of the client's names that have its address; ten are looked at, and failures passed over."""
        rtype = "A" if self.address.version == 4 else "AAAA"
        found = []
        for name in filter(macros.is_askable, names[:LOOKUP_LIMIT]):
            with suppress(LookupFailedError):
                found += [name] if self.address in map(ip_address, resolver.lookup(name, rtype)) else []
        return found

    def name(self, domain: str, resolver: Resolver) -> str:
        """Return what the macro `p` stands for: the domain itself if it is the client, else a name in it, else any."""
        try:
            names = self.validated(resolver.lookup(self.reverse_name, "PTR"), resolver)
        except LookupFailedError:
            names = []
        within = [name for name in names if is_within(name, domain)]
        same = [name for name in within if name.lower() == domain.lower()]
        return next(iter((*same, *within, *names)), "unknown")


def is_within(name: str, domain: str) -> bool:
    """Whether a name is a domain, or one below it, in any case."""
    return f".{name}".lower().endswith(f".{domain}".lower())

"""What an SPF check asks of the DNS."""

from typing import Protocol

from sophia_infra.errors import SophiaError


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

"""Addresses of host names, and other records, asked of a resolver: all at once, within one budget of time.

What it answers is data.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sophia_infra.probes.round import BUDGET, at_once

TYPES = ("A", "AAAA")
ADDRESSES_LIMIT = 50
"""How many addresses of one type are taken from an answer."""
Server = tuple[str, int]
"""A resolver: its address and port."""
_EDNS_PAYLOAD = 1232  # no network splits it (DNS flag day 2020)


class Question(NamedTuple):
    """What is asked: a full name, lower case and with its final dot, and a type, such as those of `TYPES`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resolver says of a question.

    Attributes:
        addresses: sorted, in canonical text; of another type its RDATA. Empty where the name has none of the type.
        ttl: seconds: the least of the addresses and of the CNAMEs that lead to them.
        chain: the names that CNAMEs lead to, full and in lower case; of a name that is not there, the last one alone.
        why: why there is no answer; empty where there is one.
    """

    addresses: tuple[str, ...] = ()
    ttl: int = 0
    chain: tuple[str, ...] = ()
    why: str = ""

    @property
    def is_told(self) -> bool:
        """Whether it is known what the name has, be it that there is no such name."""
        return self.why in ("", _NO_NAME)


_NO_NAME = "there is no such name"
LATE = Answer(why=f"no answer within {BUDGET:g} s")


def addresses_of(
    names: Iterable[str], servers: Sequence[Server] = (), budget: float = BUDGET
) -> dict[Question, Answer]:
    """Ask for the addresses of names, each once; `servers` are resolvers in their order, by default the system's.

    The resolver follows CNAMEs. What is not answered when the budget, in seconds, is spent is `LATE`.
    """
    return answers_to([Question(name, rtype) for name in dict.fromkeys(names) for rtype in TYPES], servers, budget)


def answers_to(
    questions: Sequence[Question], servers: Sequence[Server] = (), budget: float = BUDGET
) -> dict[Question, Answer]:
    """Ask several questions, as `addresses_of` does."""
    found = at_once({question: partial(_ask, question, tuple(servers), budget) for question in questions}, budget)
    return {question: found.get(question, LATE) for question in questions}


def _ask(question: Question, servers: Sequence[Server], budget: float) -> Answer:
    import dns.exception  # most zones ask nobody
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver(configure=not servers)
        resolver.nameservers = [address for address, _ in servers] or resolver.nameservers
        resolver.nameserver_ports = dict(servers)
        resolver.use_edns(0, payload=_EDNS_PAYLOAD)
        found = resolver.resolve(*question, search=False, raise_on_no_answer=False, lifetime=budget)
    except dns.resolver.NXDOMAIN as error:
        end = error.canonical_name.to_text().lower()
        return Answer(chain=() if end == question.name else (end,), why=_NO_NAME)
    except dns.exception.Timeout:
        return Answer(why=f"no answer within {budget:g} s")
    except dns.resolver.NoResolverConfiguration:
        return Answer(why="this machine names no resolver")
    except dns.resolver.NoNameservers:
        return Answer(why="the resolver fails")
    except (dns.exception.DNSException, OSError, ValueError) as error:
        return Answer(why=f"no valid answer ({type(error).__name__})")
    chain = tuple(target.target.to_text().lower() for rrset in found.chaining_result.cnames for target in rrset)
    addresses = tuple(sorted(rdata.to_text() for rdata in found.rrset or ()))
    if question.type in TYPES and len(addresses) > ADDRESSES_LIMIT:
        return Answer(why=f"{len(addresses)} addresses, and {ADDRESSES_LIMIT} at most are taken")
    return Answer(addresses, found.chaining_result.minimum_ttl if addresses else 0, chain)

"""What an intent is: small data, declared by topic, of what people ask for and what it needs to be done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple, NoReturn

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import Operation
from sophia_infra.agent.understanding.lexicon import Part, sections
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.tokens import Token
from sophia_infra.dns.rr.rrset import RRset

HINTS = dict(sections("words", "kinds")["kind"])
"""The kinds of names, and what to say where one is missing."""
_OF_VALUES = (Of.ADDRESS, Of.NUMBER, Of.DURATION, Of.PROVIDER)


class Kind(StrEnum):
    """What a text asks for: to be told something, to change something, or nothing that is clear and allowed."""

    READ = "read"
    CHANGE = "change"
    NONE = "none"


class MissingError(Exception):
    """A wish that is not concrete enough; the text says what is missing, for people."""


class Named(NamedTuple):
    """A name of a sentence, resolved: what it is of (`host`, `zone`, `certificate`, ...) and how it is called there.

    For a host `zone` and `owner` say where it is; `stands` is false for one that has no records yet.
    """

    of: str
    text: str
    zone: str = ""
    owner: str = ""
    stands: bool = True


@dataclass(frozen=True)
class Wish:
    """What one clause asks for, its names resolved; `places` are those of names and targets among its tokens."""

    inventory: Inventory
    tokens: tuple[Token, ...]
    names: tuple[Named, ...] = ()
    targets: tuple[str, ...] = ()
    places: frozenset[int] = frozenset()

    @cached_property
    def said(self) -> list[Token]:
        """The tokens less what was, of `from 192.0.2.1 to 192.0.2.2`."""
        return [token for at, token in enumerate(self.tokens) if not was(self.tokens, at)]

    def every(self, kind: Of) -> list[Token]:
        """Return the tokens of a kind."""
        return [token for token in self.said if token.kind == kind]

    def hosts(self) -> list[Named]:
        """Return the names of a zone that it is about.

        Raises:
            MissingError: it names none.
        """
        return [each for each in self.names if each.of in ("host", "zone")] or self.lacks(HINTS["host"])

    def only(self, of: str) -> str:
        """Return the one name of a kind. Raises MissingError where it names none, or several."""
        found = [each.text for each in self.names if each.of == of]
        return found[0] if len(found) == 1 else self.lacks(HINTS[of])

    def sets(self, host: Named) -> tuple[RRset, ...]:
        """Return the RRsets of a host: those of the types that are said, else all."""
        said = self.rtypes
        return tuple(each for each in self.inventory.of(host.zone, host.owner) if not said or each.rtype in said)

    @property
    def rtypes(self) -> list[str]:
        """The record types that are said."""
        return [token.text for token in self.every(Of.RTYPE)]

    def says(self, concept: str) -> bool:
        """Whether a word of a concept is said."""
        return any(token.concept == concept for token in self.tokens)

    @staticmethod
    def lacks(what: str) -> NoReturn:
        """Ask for what is missing."""
        raise MissingError(f"say {what}")


def was(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token is what was: the first of `from 192.0.2.1 to 192.0.2.2`, with `from` or without."""
    found = tokens[at : at + 3]
    values = [token.kind in _OF_VALUES for token in found]
    return values == [True, False, True] and found[1].part == Part.TO


Build = Callable[[Wish], tuple[Operation, ...] | None]
"""Makes the operations of a wish; None where a plan has to work them out."""


@dataclass(frozen=True)
class Intent:
    """Something people ask for, as the files of `intents` have it.

    Attributes:
        name: `topic.what`; it stands in JSON and stays.
        what: what is asked for, in a line; docs/agent.md has it.
        example: a sentence that is understood so.
        said: the phrases that mean it, with `;` between them, each as what must be there in any order: concepts of
            words (`delete`), `@host` for a name of that kind, `#address` for a token of that kind, `*change` for any
            verb of change, `*bent` for one that tells of a change (`changed`).
        kinds: the kinds of names it is about, in the order in which a name is tried.
        traits: `needs`: it is none without a name; `new`: a name may be one that does not stand yet; `others`: a name
            that is none of the stack is a target; `turns`: what was may be said beside what is wanted.
        to: the prepositions after which a name is a target, and not what the wish is about.
        takes: the kinds of tokens that a change may hold beside words and names.
        also: the kinds of tokens that count as subjects; `target` for its targets.
        words: the concepts that a change may hold beside those of its phrases.
        never: why this is never done, for an intent that only is understood to be refused.
        build: makes the operations; None where a plan has to work them out.
    """

    name: str
    kind: Kind
    what: str
    example: str
    said: str
    kinds: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    to: tuple[str, ...] = ("target", "with")
    takes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    never: str = ""
    build: Build | None = None

    @cached_property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """What may be said, each as its elements."""
        return tuple(tuple(phrase.split()) for phrase in self.said.split(";"))

    @property
    def targets(self) -> bool:
        """Whether it may have targets."""
        return "to" in self.to or "new" in self.traits or "others" in self.traits

    @cached_property
    def concepts(self) -> frozenset[str]:
        """The concepts that an order of it may hold."""
        return frozenset((*self.words, *(each for phrase in self.phrases for each in phrase)))


_TOPICS = ("records", "mail", "zones", "certificates", "secrets", "environments", "agent")
_TEXTS = ("what", "example", "said", "never")


def intents(builds: Mapping[str, Build]) -> tuple[Intent, ...]:
    """Return every intent of the files of `intents`: where two fit a sentence as well, it is the first."""
    found = []
    for name, lines in sections("intents", *_TOPICS).items():
        values: dict[str, Any] = {}
        for key, value in lines:
            values[key] = f"{values[key]} {value}" if key in values else value
        values |= {key: tuple(value.split()) for key, value in values.items() if key not in ("kind", *_TEXTS)}
        found.append(Intent(name, Kind(values.pop("kind")), **values, build=builds.get(name)))
    return tuple(found)

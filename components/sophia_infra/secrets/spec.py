"""What a secret should be, checked. Every default and limit of the arguments stands here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from sophia_infra.credentials.references import is_reference
from sophia_infra.errors import SophiaError
from sophia_infra.secrets.phases import Terms
from sophia_infra.values import Value

PUBLISHED = "secret_facts"
"""The input in which a secret publishes what policies judge it by."""
MIN_LENGTH, LENGTH, MAX_LENGTH = 24, 40, 200
DEFAULT_MAX_AGE, DEFAULT_SOAK = "30d", "2d"
MIN_MAX_AGE, MAX_MAX_AGE = timedelta(minutes=1), timedelta(days=3650)
MAX_SOAK = timedelta(days=90)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_CONSUMER = {"postgres": re.compile(r"[ -~]{1,63}"), "redis": re.compile(r"[!-~]+")}
"""What a server keeps of a client's name: PostgreSQL cuts at 63 octets, and neither keeps what is no ASCII."""
_NAMES = "give the names of consumers, of ASCII: at most 63 for postgres, without spaces for redis"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,60}")


class ArgumentError(SophiaError):
    """An argument of a secret with a value that is not allowed; `field` is the argument's name."""

    code = "argument"


class SecretKind(StrEnum):
    """Where a secret is checked."""

    POSTGRES = "postgres"
    """Two login roles in one group of a PostgreSQL server."""
    REDIS = "redis"
    """Two users of a Redis server."""


SCHEMES = {
    SecretKind.POSTGRES: ("postgresql://", "postgres://"),
    SecretKind.REDIS: ("redis://", "rediss://"),
}
"""How the URL of a server begins, by kind."""
DEFAULT_ACL = ("~*", "&*", "+@all", "-@admin", "-@dangerous")
"""What both users of Redis may do; see its `ACL SETUSER`."""
_RULE = re.compile(r"[~&%+\-@(][!-~]*|allkeys|allchannels|resetchannels|nocommands")


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """A secret as the program asks for it.

    Attributes:
        label: by what its server and the journal know it for life.
        name: how messages call it.
        server: the URL by which its logins are made, secret, or a reference to it, as docs/credentials.md has them.
        group: the role that both logins are in; they are called `<group>_a` and `<group>_b`.
        standbys: the URLs of further instances, by which they are read, secret, or references to them.
        acl: of Redis, what both users may do.
        max_age: how old a value gets before the next one is made.
        length: of a value, in characters of `[A-Za-z0-9_-]`.
    """

    label: str
    name: str
    kind: SecretKind
    server: str
    group: str
    terms: Terms
    max_age: timedelta
    length: int = LENGTH
    standbys: tuple[str, ...] = ()
    acl: tuple[str, ...] = DEFAULT_ACL

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read the inputs, all of which MUST be known.

        Raises:
            ArgumentError: a value is not allowed; the message names it, the limit and the way out.
        """
        consumers, standbys = (_list(inputs, name) for name in ("consumers", "standbys"))
        kind = SecretKind(_argument(inputs, "kind").word(list(SecretKind)))
        soak = _duration(inputs, "soak", DEFAULT_SOAK, timedelta(0), MAX_SOAK)
        return cls(
            label=str(inputs["label"]),
            name=str(inputs["name"]),
            kind=kind,
            server=_secret(_argument(inputs, "server"), kind),
            group=_argument(inputs, "group").text(
                "give the name of a role, of small letters, digits and _, such as app", fits=_NAME.fullmatch
            ),
            terms=Terms(soak, tuple(given.text(_NAMES, fits=_CONSUMER[kind].fullmatch) for given in consumers)),
            max_age=_duration(inputs, "max_age", DEFAULT_MAX_AGE, MIN_MAX_AGE, MAX_MAX_AGE),
            length=_argument(inputs, "length", LENGTH).whole(MIN_LENGTH, MAX_LENGTH),
            standbys=tuple(_secret(given, kind) for given in standbys),
            acl=_acl(_argument(inputs, "acl"), kind),
        )


def _argument(inputs: Mapping[str, Any], field: str, default: Any = None) -> Value:
    value = inputs.get(field)
    return Value(field, default if value is None else value, ArgumentError)


def _list(inputs: Mapping[str, Any], field: str) -> list[Value]:
    return _argument(inputs, field, []).items("give a list")


def _acl(given: Value, kind: SecretKind) -> tuple[str, ...]:
    if given.value is None:
        return DEFAULT_ACL
    if kind is not SecretKind.REDIS:
        raise ArgumentError(f"acl is not for the kind {kind}: grant rights to the group instead", field="acl")
    way_out = "give rules of ACL SETUSER about keys, channels and commands, such as ~app:* or +@read"
    return tuple(rule.text(way_out, fits=_RULE.fullmatch) for rule in given.items(way_out, least=1))


def _secret(given: Value, kind: SecretKind) -> str:
    """Read a URL that may hold a password, or a reference to one: a refusal shows nothing of it."""
    text = given.value if isinstance(given.value, str) else ""
    if not is_reference(text) and not text.startswith(SCHEMES[kind]):
        told = f"{given.path} is no URL of a server; give one that begins {SCHEMES[kind][0]}, or a reference, env:NAME"
        raise ArgumentError(told, field=given.path)
    return text


def _duration(inputs: Mapping[str, Any], field: str, default: str, least: timedelta, most: timedelta) -> timedelta:
    given = _argument(inputs, field, default)
    text = given.text("give a time, such as 30d, 36h, 10m or 0s", fits=_DURATION.fullmatch)
    found = _DURATION.fullmatch(text)
    assert found  # noqa: S101  # as `fits` says
    length = timedelta(**{_UNITS[found[2]]: int(found[1])})
    if not least <= length <= most:
        raise given.wrong(f"give one from {least} to {most.days}d")
    return length

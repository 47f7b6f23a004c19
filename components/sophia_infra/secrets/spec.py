"""What a secret should be, checked. Every default and limit of the arguments stands here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from sophia_infra.credentials.references import is_reference
from sophia_infra.delivery import MEMBERS, Access
from sophia_infra.delivery.places import NOWHERE, Places
from sophia_infra.errors import SophiaError
from sophia_infra.secrets.phases import OURS, SLOTS, Terms
from sophia_infra.values import Value

PUBLISHED = "secret_facts"
"""The input in which a secret publishes what policies judge it by."""
MIN_LENGTH, LENGTH, MAX_LENGTH = 24, 40, 200
DEFAULT_MAX_AGE, DEFAULT_SOAK = "30d", "2d"
MIN_MAX_AGE, MAX_MAX_AGE = timedelta(minutes=1), timedelta(days=3650)
MAX_SOAK = timedelta(days=90)
_CONSUMER = {"redis": re.compile(r"[!-~]+")}
_ANY_CONSUMER = re.compile(r"[ -~]{1,63}")
"""What a server keeps of a client's name: PostgreSQL cuts at 63 octets, and neither keeps what is no ASCII."""
_NAMES = f"give the names of consumers, of ASCII: at most 63, without spaces for redis, and not {OURS}, which is us"
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
    PASSWORD = "password"  # noqa: S105  # the name of a kind
    """A password that no server knows: those who use it compare it themselves."""
    TSIG = "tsig"
    """Two TSIG keys of a Knot DNS server, by which zones are updated and transferred."""
    CLOUDFLARE = "cloudflare"
    """Two API tokens of a Cloudflare account."""
    WEBHOOK = "webhook"
    """Two logins of anything else, by an adapter that is asked over HTTP."""


CREDENTIALS = ("server", "standbys", "poolers", "key")
"""The arguments that are secret."""
WHERE = (*CREDENTIALS, "key_file")
"""The arguments that say where its logins are; `delete` needs them as they were given last."""
_WEB = ("https://", "http://")
SCHEMES: Mapping[SecretKind, tuple[str, ...]] = {
    SecretKind.POSTGRES: ("postgresql://", "postgres://"),
    SecretKind.REDIS: ("redis://", "rediss://"),
    SecretKind.TSIG: ("dns://",),
    SecretKind.CLOUDFLARE: _WEB,
    SecretKind.WEBHOOK: _WEB,
}
"""How the URL of a server begins, by kind; one that has no server is not among them."""
NEEDED: Mapping[str, frozenset[SecretKind]] = {
    "server": frozenset(SCHEMES),
    "group": frozenset(SCHEMES),
    "key": frozenset({SecretKind.CLOUDFLARE, SecretKind.WEBHOOK}),
    "policies": frozenset({SecretKind.CLOUDFLARE}),
    "key_file": frozenset({SecretKind.TSIG}),
}
"""The kinds that need an argument; others have no use for it."""
OPTIONAL: Mapping[str, frozenset[SecretKind]] = {
    "standbys": frozenset({SecretKind.POSTGRES, SecretKind.REDIS, SecretKind.TSIG}),
    "poolers": frozenset({SecretKind.POSTGRES}),
    "acl": frozenset({SecretKind.REDIS}),
}
"""The kinds that have a use for an argument that may be left out."""
DEFAULT_ACL = ("~*", "&*", "+@all", "-@admin", "-@dangerous")
"""What both users of Redis may do; see its `ACL SETUSER`."""
_RULE = re.compile(r"[~&%+\-@(][!-~]*|allkeys|allchannels|resetchannels|nocommands")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file of TSIG keys that a name server includes.

    Attributes:
        path: where it is; `access` says who may read it.
        reload: the command that has the server read it, as its words: no shell is asked.
        log: the server's log, in which uses of keys stand; empty for none.
    """

    path: str
    reload: tuple[str, ...]
    log: str
    access: Access

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the settings; the error of `given` is raised where one is not allowed."""
        given.mapping("write it like {'path': '/etc/knot/app.keys', 'reload': ['knotc', 'reload']}")
        given.members(("path", "reload", "log", *MEMBERS), "setting of key_file")
        words = given.get("reload").items("give a list of words, such as ['knotc', 'reload']", least=1)
        reload = tuple(word.text("give a text", fits=bool) for word in words)
        path = given.get("path").text("give the path of a file", fits=bool)
        return cls(path, reload, given.get("log", "").text("give the path of the server's log"), Access.read(given))


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """A secret as the program asks for it.

    Attributes:
        label: by what its server and the journal know it for life.
        name: how messages call it.
        server: the URL by which its logins are made, secret, or a reference to it, as docs/credentials.md has them.
        group: the role that both logins are in; they are called `<group>_a` and `<group>_b`.
        standbys: the URLs of further instances, by which they are read, secret, or references to them.
        poolers: of PostgreSQL, the URLs of the consoles of PgBouncers before it, secret, or references to them.
        acl: of Redis, what both users may do.
        key: of an API, by what one is let in, secret, or a reference to it; `policies` is what a token may do.
        publish: where consumers find it beside the outputs.
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
    poolers: tuple[str, ...] = ()
    acl: tuple[str, ...] = DEFAULT_ACL
    key: str = ""
    policies: tuple[Mapping[str, Any], ...] = ()
    key_file: KeyFile | None = None
    publish: Places = NOWHERE

    @property
    def logins(self) -> dict[str, str]:
        """What the login of each slot is called where it is checked."""
        return {slot: f"{self.group}_{slot}" for slot in SLOTS}

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read the inputs, all of which MUST be known.

        Raises:
            ArgumentError: a value is not allowed; the message names it, the limit and the way out.
        """
        consumers, standbys, poolers = (_list(inputs, name) for name in ("consumers", "standbys", "poolers"))
        kind = SecretKind(_argument(inputs, "kind").word(list(SecretKind)))
        _refuse_misplaced(inputs, kind)
        key_file = _argument(inputs, "key_file")
        soak = _duration(inputs, "soak", DEFAULT_SOAK, timedelta(0), MAX_SOAK)
        return cls(
            label=str(inputs["label"]),
            name=str(inputs["name"]),
            kind=kind,
            server=_secret(_argument(inputs, "server"), kind) if kind in SCHEMES else "",
            group=_argument(inputs, "group", "").text(
                "give the name of a role, of small letters, digits and _, such as app; pg_ is PostgreSQL's own",
                fits=_fits_group(kind),
            ),
            terms=Terms(soak, tuple(given.text(_NAMES, fits=_fits_consumer(kind)) for given in consumers)),
            max_age=_duration(inputs, "max_age", DEFAULT_MAX_AGE, MIN_MAX_AGE, MAX_MAX_AGE),
            length=_argument(inputs, "length", LENGTH).whole(MIN_LENGTH, MAX_LENGTH),
            standbys=tuple(_secret(given, kind) for given in standbys),
            poolers=tuple(_secret(given, kind) for given in poolers),
            acl=_acl(_argument(inputs, "acl")),
            key=str(inputs.get("key") or ""),
            policies=tuple(given.mapping() for given in _list(inputs, "policies")),
            key_file=KeyFile.read(key_file) if key_file.value is not None else None,
            publish=Places.read(_argument(inputs, "publish")),
        )


def _argument(inputs: Mapping[str, Any], field: str, default: Any = None) -> Value:
    value = inputs.get(field)
    return Value(field, default if value is None else value, ArgumentError)


def _list(inputs: Mapping[str, Any], field: str) -> list[Value]:
    given = _argument(inputs, field, [])
    if field in CREDENTIALS and not isinstance(given.value, list):
        raise ArgumentError(f"{field} is no list; give one of URLs, or of references", field=field)  # shown is none
    return given.items("give a list")


def _refuse_misplaced(inputs: Mapping[str, Any], kind: SecretKind) -> None:
    """Refuse an argument that the kind has no use for, and the lack of one that it needs; none is shown."""
    for name, kinds in {**NEEDED, **OPTIONAL}.items():
        is_given = inputs.get(name) not in (None, "", [])
        if is_given and kind not in kinds:
            raise ArgumentError(f"{name} is not for the kind {kind}; leave it out", field=name)
        if not is_given and kind in NEEDED.get(name, ()):
            raise ArgumentError(f"the kind {kind} needs {name} (docs/secrets.md)", field=name)


def _fits_group(kind: SecretKind) -> Callable[[str], object]:
    kept = "pg_" if kind is SecretKind.POSTGRES else ""
    return lambda name: kind not in SCHEMES or (_NAME.fullmatch(name) and not (kept and name.startswith(kept)))


def _fits_consumer(kind: SecretKind) -> Callable[[str], object]:
    return lambda name: name != OURS and _CONSUMER.get(kind, _ANY_CONSUMER).fullmatch(name)


def _acl(given: Value) -> tuple[str, ...]:
    if given.value is None:
        return DEFAULT_ACL
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
    return _argument(inputs, field, default).length(least, most)

"""Which issuer signs a certificate, and its settings, checked and in canonical form. Pure."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from sophia_infra.credentials import is_safe
from sophia_infra.tls import names
from sophia_infra.tls.public_cas import ENDED, PUBLIC, PublicCa, at
from sophia_infra.values import Value, known_are

_MARK = re.compile(r"[0-9a-f]{16}")
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
_PROFILE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class IssuerKind(StrEnum):
    """Who signs the certificate."""

    EMBEDDED = "embedded"
    """A certificate authority in a folder of the project, for development and private networks. The default."""
    ACME = "acme"
    """A CA that is asked by ACME (RFC 8555), such as Let's Encrypt."""


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Which issuer, and its settings.

    Attributes:
        folder: of the embedded CA; empty for the default.
        permitted: what the embedded CA may sign for; empty for each order's own names.
        new_root: the mark (`certificates.mark`) of a root that a person gives up, so that another may follow it.
        directory: the URL of an ACME directory.
        email: whom the CA may write to about the account; empty for nobody.
        profile: the kind of certificate, as the CA calls it; empty for its default.
        trust: a PEM file with the roots of the CA's own HTTPS; empty for those that everybody trusts.
        chain: the common name of the root that its chain should end at; empty for the CA's usual one.
        bound: whether the account is bound to one that the CA has of its own; by what is secret.
    """

    kind: IssuerKind = IssuerKind.EMBEDDED
    folder: str = ""
    permitted: tuple[str, ...] = ()
    new_root: str = ""
    directory: str = ""
    email: str = ""
    profile: str = ""
    trust: str = ""
    chain: str = ""
    bound: bool = False

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read the settings; the error of `given` is raised where one is not known or not allowed."""
        given.mapping("write it like {'kind': 'embedded'}")
        named = given.get("kind")
        kind = IssuerKind.EMBEDDED if named.value is None else IssuerKind(named.word(list(IssuerKind)))
        found = given.read({"kind": lambda _: kind, **FIELDS[kind]}, f"setting of the issuer {kind}")
        if kind is IssuerKind.ACME:
            found["directory"] = _directory(given.get("directory"))
        found.pop("account_key", None)
        return cls(bound=found.pop("eab", False), **found)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it another issuer, rather than the same one with other settings."""
        return self.kind, self.directory or self.folder

    @property
    def ca(self) -> PublicCa | None:
        """The CA, where its directory is one of those that go by a name."""
        return at(self.directory)

    @property
    def public(self) -> PublicCa | None:
        """The CA that clients trust anyhow, None where it is none that is known as such."""
        return self.ca if self.ca and self.ca.trusted else None

    @property
    def in_caa(self) -> tuple[str, ...]:
        """What CAA records call it; empty where that is not known."""
        return (self.ca.caa_identity,) if self.ca else ()

    def lifetime(self, now: datetime) -> timedelta | None:
        """Return how long its certificates live, as its CA publishes it; None where it publishes nothing."""
        return self.ca.lifetime(self.profile, now) if self.ca else None


def _hidden(given: Value) -> bool:
    """Refuse a secret here, which stands beside `issuer`; say that there is one."""
    if given.value:
        told = "is secret: write issuer as a plain mapping in the program, and not as an output"
        raise given.error(f"{given.path} {told}", field=given.path)
    return True


def _directory(given: Value) -> str:
    text = given.value if isinstance(given.value, str) else ""
    if found := PUBLIC.get(text):
        return found.directory
    if not is_safe(text):
        ended = f"{ENDED[text]}; " if text in ENDED else ""
        raise given.wrong(f"{ended}give the https URL of an ACME directory, or a name: {known_are(text, list(PUBLIC))}")
    return text


def _text(way_out: str, fits: Callable[[str], object] = bool) -> Callable[[Value], str]:
    return lambda given: given.text(way_out, fits=fits)


def _permitted(given: Value) -> tuple[str, ...]:
    found = given.items("give a list of domains and networks")
    return tuple(sorted(set(map(_subtree, found))))


def _subtree(given: Value) -> str:
    try:
        return str(ipaddress.ip_network(given.text()))
    except ValueError:
        name = read_name(given)
    if name.startswith("*."):
        raise given.wrong(f"a domain covers all below it: write {name[2:]}")
    return name


def read_name(given: Value) -> str:
    """Return a name of a certificate in canonical form."""
    text = given.text()
    try:
        return names.normalize(text)
    except ValueError as error:
        raise given.error(f"{given.path}: {error}", field=given.path) from None


FIELDS: Mapping[IssuerKind, Mapping[str, Callable[[Value], Any]]] = MappingProxyType(
    {
        IssuerKind.EMBEDDED: {
            "folder": _text("give a text, the path of a folder"),
            "permitted": _permitted,
            "new_root": _text(
                "give the 16 hex digits of the root to give up, as the refusal names them", _MARK.fullmatch
            ),
        },
        IssuerKind.ACME: {
            "directory": _directory,
            "email": _text("give an address, such as ops@shop.example", _EMAIL.fullmatch),
            "profile": _text("give a profile of the CA, such as tlsserver", _PROFILE.fullmatch),
            "chain": _text("give the name of a root, such as 'ISRG Root X1'", str.isprintable),
            "trust": _text("give a text, the path of a PEM file"),
            "eab": _hidden,
            "account_key": _hidden,
        },
    }
)
"""The settings of each kind beside `kind`, and how each is read."""

"""Which issuer signs a certificate, and its settings, checked and in canonical form. Pure."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Self

from sophia_infra.credentials import is_safe
from sophia_infra.tls import names
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
class PublicCa:
    """A CA that clients trust without being told to: its directory, and what CAA records call it."""

    directory: str
    caa_identity: str


PUBLIC = MappingProxyType(
    {
        "letsencrypt": PublicCa("https://acme-v02.api.letsencrypt.org/directory", "letsencrypt.org"),
        "letsencrypt-staging": PublicCa("https://acme-staging-v02.api.letsencrypt.org/directory", "letsencrypt.org"),
        "zerossl": PublicCa("https://acme.zerossl.com/v2/DV90", "sectigo.com"),
        "google": PublicCa("https://dv.acme-v02.api.pki.goog/directory", "pki.goog"),
        "google-staging": PublicCa("https://dv.acme-v02.test-api.pki.goog/directory", "pki.goog"),
        "actalis": PublicCa("https://acme-api.actalis.com/acme/directory", "actalis.it"),
        "sslcom-ecc": PublicCa("https://acme.ssl.com/sslcom-dv-ecc", "ssl.com"),
        "sslcom-rsa": PublicCa("https://acme.ssl.com/sslcom-dv-rsa", "ssl.com"),
    }
)
"""The directories that go by a name, as docs/issuers.md has them with their sources."""
ENDED = MappingProxyType({"buypass": "Buypass has issued no certificates since 31 October 2025"})
"""Names that other programs know, of CAs that are no more."""
_UNTRUSTED = ("letsencrypt-staging", "google-staging")
MEMBERS = MappingProxyType(
    {
        IssuerKind.EMBEDDED: ("kind", "folder", "permitted", "new_root"),
        IssuerKind.ACME: ("kind", "directory", "email", "profile", "chain", "trust", "eab", "account_key"),
    }
)


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
        settings = given.mapping("write it like {'kind': 'embedded'}")
        named = {name: given.get(name) for name, value in settings.items() if value is not None}
        kind = IssuerKind(named["kind"].word(list(IssuerKind))) if "kind" in named else IssuerKind.EMBEDDED
        given.members(MEMBERS[kind], f"setting of the issuer {kind}")
        return cls._acme(named, given) if kind is IssuerKind.ACME else cls._embedded(named)

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it another issuer, rather than the same one with other settings."""
        return self.kind, self.directory or self.folder

    @property
    def public(self) -> PublicCa | None:
        """The CA that clients trust anyhow, None where it is none that is known as such."""
        known = (ca for name, ca in PUBLIC.items() if ca.directory == self.directory and name not in _UNTRUSTED)
        return next(known, None)

    @property
    def in_caa(self) -> tuple[str, ...]:
        """What CAA records call it, where its directory is one of those that go by a name."""
        return tuple({ca.caa_identity for ca in PUBLIC.values() if ca.directory == self.directory})

    @classmethod
    def _embedded(cls, named: Mapping[str, Value]) -> Self:
        permitted = named["permitted"].items("give a list of domains and networks") if "permitted" in named else ()
        mark = "give the 16 hex digits of the root to give up, as the refusal names them"
        return cls(
            folder=named["folder"].text("give a text, the path of a folder", fits=bool) if "folder" in named else "",
            permitted=tuple(sorted(set(map(_subtree, permitted)))),
            new_root=named["new_root"].text(mark, fits=_MARK.fullmatch) if "new_root" in named else "",
        )

    @classmethod
    def _acme(cls, named: Mapping[str, Value], given: Value) -> Self:
        email, profile = "give an address, such as ops@shop.example", "give a profile of the CA, such as tlsserver"
        trust = "give a text, the path of a PEM file"
        if hidden := {name for name in ("eab", "account_key") if name in named and named[name].value}:
            told = "is secret: write issuer as a plain mapping in the program, and not as an output"
            raise given.error(f"{given.path}.{min(hidden)} {told}", field=f"{given.path}.{min(hidden)}")
        return cls(
            kind=IssuerKind.ACME,
            directory=_directory(given.get("directory")),
            email=named["email"].text(email, fits=_EMAIL.fullmatch) if "email" in named else "",
            profile=named["profile"].text(profile, fits=_PROFILE.fullmatch) if "profile" in named else "",
            trust=named["trust"].text(trust, fits=bool) if "trust" in named else "",
            chain=named["chain"].text("give the name of a root, such as 'ISRG Root X1'") if "chain" in named else "",
            bound="eab" in named,
        )


def _directory(given: Value) -> str:
    text = given.value if isinstance(given.value, str) else ""
    if found := PUBLIC.get(text):
        return found.directory
    if not is_safe(text):
        ended = f"{ENDED[text]}; " if text in ENDED else ""
        raise given.wrong(f"{ended}give the https URL of an ACME directory, or a name: {known_are(text, list(PUBLIC))}")
    return text


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

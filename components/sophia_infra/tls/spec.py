"""What a certificate should be, checked and in canonical form. Every default and limit of the arguments stands here."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar

from sophia_infra.errors import SophiaError
from sophia_infra.tls import names
from sophia_infra.values import is_list, is_number

MAX_DOMAINS = 100
DEFAULT_LIFETIME = "90d"
MIN_LIFETIME = timedelta(hours=1)
MAX_LIFETIME = timedelta(days=825)  # Apple refuses longer ones, of private CAs too: support.apple.com/103769
MIN_WINDOW, MAX_WINDOW = 0.02, 0.9

_Choice = TypeVar("_Choice", bound=StrEnum)


class ArgumentError(SophiaError):
    """An argument of a certificate with a value that is not allowed; `field` is the argument's name."""

    code = "argument"

    def __init__(self, field: str, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{field}: {reason}", field=field)


class KeyType(StrEnum):
    """The kinds of private keys. Ed25519 is not among them: browsers and public CAs do not take it."""

    ECDSA_P256 = "ecdsa-p256"
    """ECDSA on NIST P-256: small, fast and understood everywhere. The default."""
    ECDSA_P384 = "ecdsa-p384"
    """ECDSA on NIST P-384."""
    RSA_2048 = "rsa-2048"
    """RSA with 2048 bits, for clients without elliptic curves."""
    RSA_3072 = "rsa-3072"
    """RSA with 3072 bits."""
    RSA_4096 = "rsa-4096"
    """RSA with 4096 bits: slow handshakes."""


class IssuerKind(StrEnum):
    """Who signs the certificate."""

    EMBEDDED = "embedded"
    """A certificate authority in a folder of the project, for development and private networks. The default."""


DECIDING = ("label", "domains", "key_type", "lifetime", "renewal_window", "issuer")
"""The inputs that key and certificate share, and that a plan is made from."""


def unknowns(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the deciding inputs that are not known before the apply."""
    from pulumi.output import contains_unknowns  # the engine's side only

    return tuple(name for name in DECIDING if name in inputs and contains_unknowns(inputs[name]))


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Which issuer, and its settings. Empty `folder` means the default, empty `permitted` each order's own names."""

    kind: IssuerKind = IssuerKind.EMBEDDED
    folder: str = ""
    permitted: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it another issuer, rather than the same one with other settings."""
        return self.kind, self.folder

    @property
    def public(self) -> bool:
        """Whether browsers trust it without being told to: the CA/Browser Forum's rules bind such an issuer."""
        return False


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """A certificate as the program asks for it.

    Attributes:
        label: what the issuer's books and the journal call it: `project/stack/name`.
        window: the share of the lifetime that is left at renewal; None for the default share.
        csr_pem: the signing request; empty while it is not known, since its key will be new.
        zone: the domain of the zone that the names live in; empty where that is not known.
        caa: the zone's CAA records as canonical lines.
    """

    label: str
    domains: tuple[str, ...]
    key_type: KeyType
    lifetime: timedelta
    window: float | None
    issuer: IssuerSettings
    csr_pem: str = ""
    zone: str = ""
    caa: tuple[str, ...] = ()

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read the inputs of a key or a certificate; those in `DECIDING` MUST be known.

        Raises:
            ArgumentError: a value is not allowed; the message names it, the limit and the way out.
        """
        lifetime = read_lifetime(_text(inputs, "lifetime", DEFAULT_LIFETIME))
        return cls(
            label=str(inputs["label"]),
            domains=read_domains(inputs.get("domains")),
            key_type=_choice(KeyType, "key_type", inputs.get("key_type") or KeyType.ECDSA_P256),
            lifetime=lifetime,
            window=_window(inputs.get("renewal_window")),
            issuer=_issuer(inputs.get("issuer") or {}),
            csr_pem=_known(inputs.get("csr_pem")),
            zone=_known(inputs.get("zone")).rstrip(".").lower(),
            caa=tuple(line for line in _listed(inputs.get("caa")) if isinstance(line, str)),
        )

    @property
    def subject(self) -> str:
        """How findings, reasons and messages name the certificate: by its first name."""
        return self.domains[0]


def read_domains(value: Any) -> tuple[str, ...]:
    """Return the names in canonical form and in the order told, each once.

    Raises:
        ArgumentError: not a list of 1 to 100 strings, or one of them can't stand in a certificate.
    """
    if not is_list(value) or not value:
        raise ArgumentError("domains", f"{value!r} is not a list of names; write it like ['shop.example']")
    if len(value) > MAX_DOMAINS:
        raise ArgumentError(
            "domains", f"{len(value)} names; the limit is {MAX_DOMAINS} in one certificate, so split it"
        )
    return tuple(dict.fromkeys(_name("domains", one) for one in value))


def read_lifetime(value: str) -> timedelta:
    """Return how long a certificate should live, from `90d` or `36h`.

    Raises:
        ArgumentError: not of that form, or outside one hour to 825 days.
    """
    match = re.fullmatch(r"([0-9]{1,6})([hd])", value)
    if not match:
        raise ArgumentError("lifetime", f"{value!r} is not a number of days or hours; write it like 90d or 36h")
    lifetime = timedelta(hours=int(match[1]) * (24 if match[2] == "d" else 1))
    if not MIN_LIFETIME <= lifetime <= MAX_LIFETIME:
        raise ArgumentError("lifetime", f"{value} is outside the limits: 1h to {MAX_LIFETIME.days}d")
    return lifetime


def _known(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _window(value: Any) -> float | None:
    if value is None:
        return None
    if not is_number(value) or not MIN_WINDOW <= value <= MAX_WINDOW:
        raise ArgumentError(
            "renewal_window",
            f"{value!r} is not a share of the lifetime from {MIN_WINDOW} to {MAX_WINDOW}; leave it out for the default",
        )
    return float(value)


def _issuer(value: Any) -> IssuerSettings:
    if not isinstance(value, Mapping):
        raise ArgumentError("issuer", f"{value!r} is not a mapping; write it like {{'kind': 'embedded'}}")
    allowed = ("kind", "folder", "permitted")
    if unknown := sorted(set(value) - set(allowed)):
        raise ArgumentError("issuer", f"{unknown[0]!r} is not a setting; the settings are {', '.join(allowed)}")
    permitted = value.get("permitted") or ()
    if not is_list(permitted):
        raise ArgumentError("issuer.permitted", f"{permitted!r} is not a list of domains and networks")
    return IssuerSettings(
        kind=_choice(IssuerKind, "issuer.kind", value.get("kind") or IssuerKind.EMBEDDED),
        folder=_text(value, "folder", within="issuer."),
        permitted=tuple(sorted({_subtree(one) for one in permitted})),
    )


def _subtree(value: Any) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        pass
    name = _name("issuer.permitted", value)
    if name.startswith("*."):
        raise ArgumentError(
            "issuer.permitted", f"{value!r} is a wildcard; a domain covers all below it: write {name[2:]}"
        )
    return name


def _name(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ArgumentError(field, f"{value!r} is not a string")
    try:
        return names.normalise(value)
    except ValueError as error:
        raise ArgumentError(field, str(error)) from None


def _choice(kind: type[_Choice], field: str, value: Any) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        raise ArgumentError(field, f"{value!r} is not one of {', '.join(kind)}") from None


def _text(inputs: Mapping[str, Any], field: str, default: str = "", within: str = "") -> str:
    value = inputs.get(field)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ArgumentError(within + field, f"{value!r} is not a string")
    return value

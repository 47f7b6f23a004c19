"""What a certificate should be, checked and in canonical form. Every default and limit of the arguments stands here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from sophia_infra.changes.model import Exposure, Reason
from sophia_infra.errors import SophiaError
from sophia_infra.tls import endpoints
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.endpoints import Endpoint
from sophia_infra.tls.issuer_settings import IssuerKind, IssuerSettings, read_name
from sophia_infra.tls.memory import NOTHING, Remembered
from sophia_infra.tls.revocation import Revocation
from sophia_infra.tls.when.schedule import ARGUMENTS as WHEN
from sophia_infra.tls.when.schedule import Schedule
from sophia_infra.values import Value, listed

MAX_DOMAINS = 100
DEFAULT_LIFETIME = "90d"
MIN_LIFETIME = timedelta(hours=1)
MAX_LIFETIME = timedelta(days=825)  # Apple refuses longer ones, of private CAs too: support.apple.com/103769
_LIFETIME = re.compile(r"[0-9]{1,6}[hd]")


class ArgumentError(SophiaError):
    """An argument of a certificate with a value that is not allowed; `field` is the argument's name."""

    code = "argument"


class KeyType(StrEnum):
    """The kinds of private keys."""

    ECDSA_P256 = "ecdsa-p256"
    """ECDSA on NIST P-256: small, fast and understood everywhere. The default."""
    ECDSA_P384 = "ecdsa-p384"
    """ECDSA on NIST P-384."""
    ED25519 = "ed25519"
    """Ed25519, for clients of one's own: browsers and public CAs do not take it."""
    RSA_2048 = "rsa-2048"
    """RSA with 2048 bits: too weak for a new key. One in the state serves until it is renewed."""
    RSA_3072 = "rsa-3072"
    """RSA with 3072 bits, for clients without elliptic curves."""
    RSA_4096 = "rsa-4096"
    """RSA with 4096 bits: slow handshakes."""


DECIDING = ("label", "domains", "key_type", "lifetime", *WHEN, "issuer", "others", "revoke", "csr")
"""The inputs that key and certificate share, and that a plan is made from."""
PUBLISHED = "certificate_facts"
"""The input in which `check` publishes what policies judge."""
CAA_ISSUERS = "caa_issuers"
"""The input in which `check` hands on what CAA records call the CA that it has looked at."""
DECIDED = (PUBLISHED, CAA_ISSUERS, "asks", "waits", "csr_pem")
"""The inputs that `check` of a certificate may decide on, beside those of its key."""
OF_STATE = "of_state"
"""The input of key and certificate that has the certificate's outputs in the state; `check` takes it out again."""
PROVING = ("challenge", "zone", "homes", "answers", "endpoints")
"""Those of a certificate alone: by what an ACME CA is shown its names, and where it is served."""


@dataclass(frozen=True, slots=True)
class CertificateSpec:
    """A certificate as the program asks for it.

    Attributes:
        label: what the issuer's books and the journal call it for life; see `identity`.
        schedule: when the program would have it renewed.
        csr_pem: the signing request; empty while it is not known, since its key will be new.
        zone: the domain of the zone that the names live in; empty where that is not known.
        answers: what the zone of this program will answer, see `foretold`.
        resource: what its label would be if it were new, which tells it from others in the run.
        challenge: how the control of the names is shown to the issuer; None where that is not given.
        others: the issuers that are asked after `issuer`, in their order.
        given_csr: the signing request that the program gives, whose key is none of ours; empty where we make both.
        revocation: the certificate that is to be replaced and revoked; it is ignored where another one is held.
        endpoints: where it is served.
        remembered: what the last runs know of the certificate that stands.
    """

    label: str
    domains: tuple[str, ...]
    key_type: KeyType
    lifetime: timedelta
    schedule: Schedule
    issuer: IssuerSettings
    csr_pem: str = ""
    zone: str = ""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    resource: str = ""
    challenge: ChallengeSettings | None = None
    others: tuple[IssuerSettings, ...] = ()
    revocation: Revocation | None = None
    given_csr: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    remembered: Remembered = NOTHING

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any]) -> Self:
        """Read the inputs of a key or a certificate; those in `DECIDING` MUST be known.

        Raises:
            ArgumentError: a value is not allowed; the message names it, the limit and the way out.
        """
        domains = _domains(_argument(inputs, "domains"))
        issuer = IssuerSettings.read(_argument(inputs, "issuer", {}))
        others = _others(inputs, issuer)
        _refuse_unused(inputs, issuer)
        return cls(
            label=str(inputs["label"]),
            domains=domains,
            key_type=_key_type(
                _of_request(inputs, domains) or _argument(inputs, "key_type", KeyType.ECDSA_P256), (issuer, *others)
            ),
            lifetime=_lifetime(_argument(inputs, "lifetime", DEFAULT_LIFETIME)),
            schedule=Schedule.from_inputs(inputs, ArgumentError),
            issuer=issuer,
            csr_pem=_known(inputs.get("csr_pem")),
            zone=_known(inputs.get("zone")).rstrip(".").lower(),
            answers=inputs.get("answers") or {},
            resource=_known(inputs.get("resource")),
            challenge=ChallengeSettings.from_inputs(inputs, ArgumentError),
            others=others,
            revocation=Revocation.from_inputs(inputs, ArgumentError),
            given_csr=str(inputs.get("csr") or ""),
            endpoints=endpoints.read(inputs, domains, ArgumentError),
            remembered=Remembered.from_inputs(inputs),
        )

    @property
    def turns(self) -> tuple[Self, ...]:
        """The same certificate as asked of each issuer, in their order."""
        every = (self.issuer, *self.others)
        return tuple(replace(self, issuer=own, others=tuple(e for e in every if e != own)) for own in every)

    def turn(self, directory: str) -> Self | None:
        """Return the same as asked of the issuer at a directory first; None where that is none of them."""
        return next((turn for turn in self.turns if turn.issuer.directory == directory), None)

    @property
    def profiles(self) -> dict[str, str]:
        """With what profile it is ordered, by directory; empty for the CA's own."""
        return {turn.issuer.directory: turn.issuer.profile for turn in self.turns if turn.issuer.directory}

    @property
    def issuers(self) -> frozenset[tuple[str, str]]:
        """The identities of all issuers."""
        return frozenset(turn.issuer.identity for turn in self.turns)

    @property
    def subject(self) -> str:
        """How findings, reasons and messages name the certificate: by its first name."""
        return self.domains[0]

    def refuse_weak_key(self) -> None:
        """Raise ArgumentError where a new key would be too weak.

        NIST SP 800-57 part 1, table 4, asks for 128 bits of security beyond 2030; RSA has them from 3072 bits on.
        """
        if self.key_type is KeyType.RSA_2048:
            way_out = f"a new key must be stronger: give {KeyType.RSA_3072}, or leave it out for {KeyType.ECDSA_P256}"
            raise Value("key_type", str(self.key_type), ArgumentError).wrong(way_out)

    def reason(self, exposure: Exposure, operation: str, why: str) -> Reason:
        """Return why the certificate changes, under its name."""
        return Reason(exposure, f"{self.subject} certificate", operation, why)


def _of_request(inputs: Mapping[str, Any], domains: tuple[str, ...]) -> Value | None:
    """Return the kind of key of the request that is given, None where none is; it MUST be for the names."""
    if inputs.get("csr") is None:
        return None
    from sophia_infra.tls.certificates import Request, UnreadableError  # most programs give none

    pem = Value("csr", inputs["csr"], ArgumentError).text("give a signing request in PEM", fits=bool)
    try:
        request = Request.read(pem)
    except UnreadableError as error:
        raise ArgumentError(f"csr is {error}", field="csr") from None
    if set(request.domains) != set(domains):
        named = listed(request.domains, 5) or "no names"
        told = f"csr is for {named}, and domains are {listed(domains, 5)}; make them the same"
        raise ArgumentError(told, field="csr")
    if request.is_stapled:
        told = "csr asks for OCSP must-staple, and public CAs have given OCSP up; make one without it"
        raise ArgumentError(told, field="csr")
    if inputs.get("key_type") not in (None, request.key_type):
        told = f"key_type is {inputs['key_type']}, and that of csr is {request.key_type}; leave it out"
        raise ArgumentError(told, field="key_type")
    return Value("csr", request.key_type, ArgumentError)


def _others(inputs: Mapping[str, Any], issuer: IssuerSettings) -> tuple[IssuerSettings, ...]:
    given = _argument(inputs, "others", []).items("give issuers as a list")
    found = [IssuerSettings.read(replace(other, path=f"issuers[{at}]")) for at, other in enumerate(given, 1)]
    for at, other in enumerate((issuer, *found) if found else ()):
        if other.kind is not IssuerKind.ACME or other.directory in {each.directory for each in found[at:]}:
            told = "each of several issuers is an ACME CA of its own: clients that trust one public CA trust the others"
            raise ArgumentError(f"issuers[{at}]: {told}", field=f"issuers[{at}]")
    return tuple(found)


def _argument(inputs: Mapping[str, Any], field: str, default: Any = None) -> Value:
    value = inputs.get(field)
    return Value(field, default if value is None else value, ArgumentError)


def _refuse_unused(inputs: Mapping[str, Any], issuer: IssuerSettings) -> None:
    """Refuse what the issuer does not ask for: a person who gives it expects something of it."""
    unused = "lifetime" if issuer.kind is IssuerKind.ACME else "challenge"
    if inputs.get(unused) is not None:
        instead = "its CA decides; give issuer.profile" if unused == "lifetime" else "it signs without; take it out"
        raise ArgumentError(f"{unused} is not for the issuer {issuer.kind}: {instead}", field=unused)


def _known(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _key_type(given: Value, issuers: Sequence[IssuerSettings]) -> KeyType:
    kind = KeyType(given.word(list(KeyType)))
    if kind is KeyType.ED25519 and (public := next((own for own in issuers if own.ca), None)):
        raise given.wrong(f"{public.directory} signs for no such key; leave it out for {KeyType.ECDSA_P256}")
    return kind


def _domains(given: Value) -> tuple[str, ...]:
    found = given.items("give a list of names, like ['shop.example']", least=1)
    if (count := len(found)) > MAX_DOMAINS:
        message = f"domains has {count} names; the limit is {MAX_DOMAINS} in one certificate, so split it"
        raise ArgumentError(message, field="domains", value=count, limit=MAX_DOMAINS)
    return tuple(dict.fromkeys(map(read_name, found)))


def _lifetime(given: Value) -> timedelta:
    text = given.text("give a number of days or hours, like 90d or 36h", fits=_LIFETIME.fullmatch)
    lifetime = timedelta(hours=int(text[:-1]) * (24 if text.endswith("d") else 1))
    if not MIN_LIFETIME <= lifetime <= MAX_LIFETIME:
        raise given.wrong(f"give one within the limits: 1h to {MAX_LIFETIME.days}d")
    return lifetime

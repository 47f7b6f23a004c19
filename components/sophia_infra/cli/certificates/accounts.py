"""The ACME accounts of a stack: what its state knows of each, and how the CA has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sophia_infra.credentials import CredentialError, resolve
from sophia_infra.engine_run import OURS
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.of_state import StateError, plain, resources_of
from sophia_infra.tls.public_cas import PUBLIC
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value, known_are

if TYPE_CHECKING:
    from sophia_infra.tls.issuers.acme.session import Session

ACCOUNT = f"{OURS}AcmeAccount"
UNREGISTERED = "unregistered"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account in a state: the inputs of its resource, its public key, and its key as far as the state shows it."""

    inputs: Mapping[str, Any]
    public_key_sha256: str
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its CA has it: `status` is a word of RFC 8555 section 7.1.6, or `unregistered` before any order.

    `email` is what the program gives, and `contact` what the CA has. `unknown` says why nothing is known of the CA's
    side, whose fields are empty then.
    """

    directory: str
    email: str
    public_key_sha256: str
    uri: str = ""
    status: str = ""
    contact: tuple[str, ...] = ()
    unknown: str = ""


def read(text: str, file: str) -> tuple[KnownAccount, ...]:
    """Read the accounts of a state, as `pulumi stack export --show-secrets` prints it.

    Raises:
        StateError: it is no state of Pulumi.
    """
    found = (each for each in resources_of(text, file) if each.kind == ACCOUNT)
    return tuple(
        KnownAccount(each.inputs, str(each.fields.get("public_key_sha256")), plain(each.fields.get("account_key")))
        for each in found
    )


def account(known: KnownAccount) -> Account:
    """Ask an account's CA how it has it; what the CA says is text from outside."""
    directory, email = (str(known.inputs.get(name) or "") for name in ("directory", "email"))
    told = Account(directory, email, known.public_key_sha256)
    try:
        session = _session(known)
        status, contact = session.registered()
    except (ArgumentError, CredentialError, IssuerError) as error:
        if error.value == "accountDoesNotExist":
            return replace(told, status=UNREGISTERED)
        return replace(told, unknown=str(error))
    return replace(told, uri=session.account, status=status, contact=contact)


def at(known: Iterable[KnownAccount], directory: str) -> KnownAccount:
    """Return the account at a directory, given as a URL or by its name.

    Raises:
        StateError: there is none.
    """
    every = {str(each.inputs.get("directory")): each for each in known}
    url = PUBLIC[directory].directory if directory in PUBLIC else directory
    if url not in every:
        way_out = known_are(directory, sorted(every)) if every else "it has none"
        raise StateError(f"the state has no account at {directory!r}; {way_out}", code="no-account", value=directory)
    return every[url]


def deactivate(known: KnownAccount) -> Account:
    """Have the CA deactivate an account, for good (RFC 8555 section 7.3.6); return how it had it, with that status.

    Raises:
        ArgumentError: the state was written by another release, and can't be read any more.
        CredentialError: its key is kept elsewhere, and is not there.
        IssuerError: the CA can't be asked, or refuses, as where it was deactivated before; or the state has no key.
    """
    told = account(known)
    _session(known).deactivate()
    return replace(told, status="deactivated", unknown="")


def _session(known: KnownAccount) -> "Session":
    if not known.key:
        told = "its key is encrypted in this state: pulumi stack export --show-secrets shows it"
        raise IssuerError(told, code="account")
    from sophia_infra.tls.issuers.acme.session import Session  # it takes long to load

    named = {name: known.inputs.get(name) for name in ("directory", "email", "trust")}
    settings = IssuerSettings.read(Value("issuer", {"kind": "acme", **named}, ArgumentError))
    return Session.open(settings, resolve(known.key, "issuer.account_key"), registers=False)

"""The ACME accounts of a stack: what its state knows of each, and how the CA has it. Nothing is changed there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sophia_infra.cli.certificates.known import resources_of
from sophia_infra.credentials import CredentialError, resolve
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value

ACCOUNT = "pulumi-python:dynamic/sophia:AcmeAccount"
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
        KnownAccount(each.inputs, str(each.fields.get("public_key_sha256")), _plain(each.fields.get("account_key")))
        for each in found
    )


def account(known: KnownAccount) -> Account:
    """Ask an account's CA how it has it; what the CA says is text from outside."""
    directory, email = (str(known.inputs.get(name) or "") for name in ("directory", "email"))
    told = Account(directory, email, known.public_key_sha256)
    if not known.key:
        return replace(told, unknown="its key is encrypted in this state: pulumi stack export --show-secrets shows it")
    from sophia_infra.tls.issuers.acme.session import Session  # it takes long to load

    named = {name: known.inputs.get(name) for name in ("directory", "email", "trust")}
    try:
        settings = IssuerSettings.read(Value("issuer", {"kind": "acme", **named}, ArgumentError))
        session = Session.open(settings, resolve(known.key, "issuer.account_key"), registers=False)
        status, contact = session.registered()
    except (ArgumentError, CredentialError, IssuerError) as error:
        if error.value == "accountDoesNotExist":
            return replace(told, status=UNREGISTERED)
        return replace(told, unknown=str(error))
    return replace(told, uri=session.account, status=status, contact=contact)


def _plain(value: Any) -> str:
    """Return a secret text that the engine was asked to show, as it shows it; empty where it is encrypted."""
    if not isinstance(value, Mapping) or not isinstance(value.get("plaintext"), str):
        return ""
    try:
        found = json.loads(value["plaintext"])
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""

"""The dynamic resource that keeps the key of an ACME account. Its path and its type stand in users' state.

The key is made before anything is sent: the first order registers the account, and a second time changes nothing
(RFC 8555 section 7.3.1). So a run that is cut off leaves no account that nobody has the key of.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from pulumi.output import contains_unknowns

from sophia_infra.credentials import Credentials, is_reference, resolve
from sophia_infra.engine_call import failure, plainly
from sophia_infra.errors import SophiaError
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Access, Binding
from sophia_infra.tls.spec import ArgumentError, KeyType
from sophia_infra.values import Value

ACCOUNT_KEY = "account_key"
GIVEN = "given_key"
FIELD = "issuer.account_key"
HIDDEN = ("eab", ACCOUNT_KEY)
"""The settings of an issuer that are secret: they go beside `issuer`, which is shown."""
_HMAC_KEY = re.compile("([A-Za-z0-9_-]{4}){4,}([A-Za-z0-9_-]{2,3})?={0,2}")
"""Twelve bytes or more in base64url, which has no text of one character over."""
_OUTPUTS = (ACCOUNT_KEY, "public_key_sha256")
_OF_PROGRAM: "WeakKeyDictionary[pulumi.Resource, dict[str, AcmeAccount]]" = WeakKeyDictionary()


class AcmeAccountProvider(ResourceProvider):
    """Makes the key of an account, once, or keeps the one that is given; the CA is told of another one, and contact."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a given key that no account can have."""
        try:
            _given(news)
        except SophiaError as error:
            return CheckResult(news, [failure(error)])
        return CheckResult(news, [])

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the key; it is in the secret output and nowhere else."""
        from sophia_infra.tls import keys  # it takes long to load

        outputs = _outputs(props, _given(props) or keys.private_pem(keys.generate(KeyType.ECDSA_P256)))
        return CreateResult(outputs["public_key_sha256"][:32], outputs)

    @plainly
    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Update for another contact or another given key; another directory is another resource.

        Raises:
            ArgumentError: a reference leads to another key than the account's, and that one signs what follows it.
        """
        if not _is_of_account(olds):
            told = f"{FIELD} was {olds[ACCOUNT_KEY]}, which leads to another key than the account's"
            way_out = "put that one back, for it signs the change, and refer to the new one by another name"
            raise ArgumentError(f"{told}; {way_out} (docs/issuers.md)", field=FIELD)
        changed = any(news.get(name) != olds.get(name) for name in ("email", "trust"))
        given = contains_unknowns(news.get(GIVEN)) or _given(news) not in ("", olds.get(ACCOUNT_KEY))
        return DiffResult(changes=changed or given)

    @plainly
    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Have the CA's account, where there is one, go over to the given key and know the contact of today."""
        from sophia_infra.tls.issuers.acme.account import follow  # it takes long to load

        before = str(olds[ACCOUNT_KEY])
        outputs = _outputs(news, _given(news) or before)
        follow(_settings(news), resolve(before, FIELD), resolve(outputs[ACCOUNT_KEY], FIELD))
        return UpdateResult(outputs)


class AcmeAccount(Resource, module="sophia", name="AcmeAccount"):
    """The key of the account that a stack has at an ACME CA, for all its certificates there."""

    account_key: pulumi.Output[str]
    """The key as unencrypted PKCS #8, secret: ECDSA P-256, or the one that is given, or the reference to that."""
    public_key_sha256: pulumi.Output[str]
    """SHA-256 over the SubjectPublicKeyInfo, in hex."""

    def __init__(self, settings: IssuerSettings, given_key: Any = None, parent: pulumi.Resource | None = None) -> None:
        directory = settings.directory
        mark = hashlib.sha256(directory.encode()).hexdigest()[:8]
        secret = pulumi.ResourceOptions(parent=parent, additional_secret_outputs=[ACCOUNT_KEY, GIVEN])
        inputs: dict[str, Any] = {"directory": directory, **dict.fromkeys(_OUTPUTS)}
        inputs |= {"email": settings.email or None, "trust": settings.trust or None}
        inputs[GIVEN] = None if given_key is None else pulumi.Output.secret(given_key)
        name = f"acme-{urlsplit(directory).hostname}-{mark}"
        super().__init__(AcmeAccountProvider(), name, inputs, secret)
        self.settings = settings


def shown(issuer: Any) -> Any:
    """Return an issuer's settings without what is secret; `eab` says that there is a binding, and not which."""
    if not isinstance(issuer, Mapping) or not issuer.keys() & set(HIDDEN):
        return issuer
    told = {name: value for name, value in issuer.items() if name not in HIDDEN}
    return {**told, "eab": {}} if issuer.get("eab") is not None else told


def asked(args: Mapping[str, Any]) -> list[Any]:
    """Return the issuers of a certificate in their order, as its arguments give them: one, or several.

    Raises:
        ArgumentError: both are given, or no list that is known before anything runs.
    """
    given = Value("issuers", args.get("issuers"), ArgumentError)
    if given.value is None:
        return [args.get("issuer")]
    if args.get("issuer") is not None:
        raise ArgumentError("issuer and issuers are both given; give issuers alone, the first first", field="issuers")
    return [each.value for each in given.items("give a list of issuers, the first first", least=1)]


def access_to(issuers: list[Any], asking: pulumi.Resource) -> dict[str, Any]:
    """Return what orders take that is secret, by directory; empty for an issuer that takes nothing."""
    accounts: dict[str, Any] = {}
    for issuer in issuers:
        settings = IssuerSettings.read(Value("issuer", shown(issuer), ArgumentError))
        if settings.directory:
            key = _account_at(settings, issuer.get(ACCOUNT_KEY), asking).account_key
            accounts[settings.directory] = {ACCOUNT_KEY: key, **({"eab": issuer["eab"]} if settings.bound else {})}
    return accounts


def _account_at(settings: IssuerSettings, given_key: Any, asking: pulumi.Resource) -> AcmeAccount:
    """Return the account of this program at a directory, made for whoever asks first.

    Where there is no program around, as in a component plugin, it is that of the component that asks.

    Raises:
        pulumi.RunError: others ask for another contact.
    """
    program = pulumi.runtime.get_root_resource()
    if program is None:
        return AcmeAccount(settings, given_key, asking)
    accounts = _OF_PROGRAM.setdefault(program, {})
    found = accounts.get(settings.directory) or AcmeAccount(settings, given_key)
    accounts[settings.directory] = found
    if found.settings.email != settings.email:
        told = f"{settings.directory} has one account in this program: give issuer.email the same in all certificates"
        raise pulumi.RunError(told)
    return found


def read_access(accounts: Any, directory: str, credentials: Credentials) -> Access:
    """Return what an order at a directory takes that is secret, of what `access_to` has made.

    Raises:
        ArgumentError: what binds the account can't be it; its key is not shown.
        CredentialError: a reference leads to nothing.
    """
    found = (accounts or {}).get(directory) or {}
    key = resolve(str(found.get(ACCOUNT_KEY) or ""), FIELD)
    return Access(key, credentials, _binding(found.get("eab")))


def written(accounts: Any) -> dict[str, str]:
    """Return what stands in the settings for what `access_to` has made: references, or the credentials themselves."""
    found: dict[str, Any] = {}
    for directory, access in accounts.items() if isinstance(accounts, Mapping) else ():
        binding = access.get("eab")
        found[f"{FIELD} for {directory}"] = access.get(ACCOUNT_KEY)
        found[f"issuer.eab.key for {directory}"] = binding.get("key") if isinstance(binding, Mapping) else None
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _binding(given: Any) -> Binding | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):  # whatever it is may be the key
        raise ArgumentError("issuer.eab is no mapping; give kid and key as the CA does", field="issuer.eab")
    eab = Value("issuer.eab", given, ArgumentError).members(("kid", "key"), "field of a binding")
    given = eab.get("key").value
    key = resolve(given, "issuer.eab.key") if isinstance(given, str) else given
    if not isinstance(key, str) or not _HMAC_KEY.fullmatch(key):
        raise ArgumentError("issuer.eab.key is no text in base64url; give it as the CA does", field="issuer.eab.key")
    return Binding(eab.get("kid").text("give the text that the CA calls the key ID"), key.rstrip("="))


def _settings(props: Mapping[str, Any]) -> IssuerSettings:
    named = {name: props.get(name) for name in ("directory", "email", "trust")}
    return IssuerSettings.read(Value("issuer", {"kind": "acme", **named}, ArgumentError))


def _given(props: Mapping[str, Any]) -> str:
    """Return the key that the program gives, or its reference to one; empty for none, or while it is not known."""
    from sophia_infra.tls import keys  # it takes long to load

    given = props.get(GIVEN)
    if given is None or contains_unknowns(given):
        return ""
    given = given if isinstance(given, str) else ""
    if found := keys.account_pem(resolve(given, FIELD)):
        return given if is_reference(given) else found
    told = "give the key of an ACME account, unencrypted in PEM: RSA of 2048 to 4096 bits, ECDSA P-256 or P-384"
    raise ArgumentError(f"{FIELD} can't be read; {told}", field=FIELD)


def _is_of_account(outputs: Mapping[str, Any]) -> bool:
    """Return whether the key that the state has, or refers to, is still the account's."""
    from sophia_infra.tls import keys  # it takes long to load

    kept = str(outputs.get(ACCOUNT_KEY) or "")
    if not is_reference(kept):
        return True
    return keys.holds(resolve(kept, FIELD), str(outputs.get("public_key_sha256")))


def _outputs(props: Mapping[str, Any], key: str) -> dict[str, Any]:
    from sophia_infra.tls import keys  # it takes long to load

    return {**props, ACCOUNT_KEY: key, "public_key_sha256": keys.private_key_hash(resolve(key, FIELD))}

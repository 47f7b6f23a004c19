"""The dynamic resource that keeps the key of an ACME account. Its path and its type stand in users' state.

The key is made before anything is sent: the first order registers the account, and a second time changes nothing
(RFC 8555 section 7.3.1). So a run that is cut off leaves no account that nobody has the key of.
"""

import hashlib
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider

from sophia_infra.engine_call import plainly

ACCOUNT_KEY = "account_key"
_OF_PROGRAM: "WeakKeyDictionary[pulumi.Resource, dict[str, AcmeAccount]]" = WeakKeyDictionary()


class AcmeAccountProvider(ResourceProvider):
    """Makes the key of an account, once."""

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the key; it is in the secret output and nowhere else."""
        from sophia_infra.tls import keys  # it takes long to load
        from sophia_infra.tls.spec import KeyType

        key = keys.generate(KeyType.ECDSA_P256)
        digest = keys.public_key_hash(key.public_key())
        return CreateResult(digest[:32], {**props, ACCOUNT_KEY: keys.private_pem(key), "public_key_sha256": digest})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Change nothing: another directory is another resource."""
        return DiffResult(changes=False)


class AcmeAccount(Resource, module="sophia", name="AcmeAccount"):
    """The key of the account that a stack has at an ACME CA, for all its certificates there."""

    account_key: pulumi.Output[str]
    """The key (ECDSA P-256) as unencrypted PKCS #8, secret."""
    public_key_sha256: pulumi.Output[str]
    """SHA-256 over the SubjectPublicKeyInfo, in hex."""

    def __init__(self, directory: str, parent: pulumi.Resource | None = None) -> None:
        mark = hashlib.sha256(directory.encode()).hexdigest()[:8]
        secret = pulumi.ResourceOptions(parent=parent, additional_secret_outputs=[ACCOUNT_KEY])
        outputs = dict.fromkeys((ACCOUNT_KEY, "public_key_sha256"))
        name = f"acme-{urlsplit(directory).hostname}-{mark}"
        super().__init__(AcmeAccountProvider(), name, {"directory": directory, **outputs}, secret)


def account_at(directory: str, asking: pulumi.Resource) -> AcmeAccount:
    """Return the account of this program at a directory, made for whoever asks first.

    Where there is no program around, as in a component plugin, it is that of the component that asks.
    """
    program = pulumi.runtime.get_root_resource()
    if program is None:
        return AcmeAccount(directory, asking)
    accounts = _OF_PROGRAM.setdefault(program, {})
    if directory not in accounts:
        accounts[directory] = AcmeAccount(directory)
    return accounts[directory]

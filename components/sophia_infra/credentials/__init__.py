"""Where a credential comes from: the stack's configuration, or else the environment. Either may hold a reference."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from sophia_infra.credentials.references import CredentialError, holds_credential, is_reference, resolve
from sophia_infra.values import is_safe, shown

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
Pair = tuple[str, str]
"""The key of a credential in configuration (`tsigSecret` for `sophia:tsigSecret`), and its variable."""
Source = Callable[[str], str | None]
"""Returns the text that stands under a name, None where there is none."""
CLOUDFLARE: Pair = ("cloudflareToken", "CLOUDFLARE_API_TOKEN")
NAMECHEAP: Pair = ("namecheapApiKey", "NAMECHEAP_API_KEY")
TSIG: Pair = ("tsigSecret", "SOPHIA_TSIG_SECRET")
MODEL: Pair = ("anthropicApiKey", "ANTHROPIC_API_KEY")
"""Of the model that advises."""
CONFIGURED = (CLOUDFLARE, NAMECHEAP, TSIG, MODEL)
"""The credentials that a stack's configuration may hold."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Looks up secrets when they are used; none of them ever stands in a resource's inputs.

    `config` holds the stack's configuration by full key (`sophia:cloudflareToken`). `name` tells those of one kind
    apart: of `inside` they are `sophia:tsigSecret-inside` and `SOPHIA_TSIG_SECRET_INSIDE`.
    """

    config: Source = dict[str, str]().get
    name: str = ""

    def called(self, name: Any, field: str = "credential") -> Self:
        """Return those of one name, which the input `field` gives.

        Raises:
            CredentialError: it is no name.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise CredentialError(
                f"{field} is {shown(name)}; give a name of letters and digits, such as 'inside'", field=field
            )
        return replace(self, name=name)

    def called_as(self, key: str, variable: str) -> Pair:
        """Return what a key and its variable are called here."""
        return (f"{key}-{self.name}", f"{variable}_{self.name.upper()}") if self.name else (key, variable)

    def written(self, key: str, variable: str) -> dict[str, str]:
        """Return what stands where a credential is looked up, a reference or itself, by the name of that setting."""
        key, variable = self.called_as(key, variable)
        if text := self.config(f"sophia:{key}"):
            return {f"sophia:{key}": text}
        return {variable: text} if (text := os.environ.get(variable)) else {}

    def get(self, key: str, variable: str) -> str:
        """Return the credential that configuration holds as `sophia:<key>`, or else the environment as `variable`.

        Raises:
            CredentialError: neither does, or a reference leads to none; the message says how to set it.
        """
        key, variable = self.called_as(key, variable)
        found = fetch(f"sophia:{key}", self.config) or fetch(variable, os.environ.get)
        if not found:
            raise CredentialError(
                f"there is no sophia:{key}; set it with: pulumi config set --secret sophia:{key}, "
                f"refer to it, or give {variable} in the environment (docs/credentials.md)",
                field=f"sophia:{key}",
            )
        return found


def fetch(name: str, source: Source) -> str:
    """Return the credential that a source has under a name, or refers to; empty where it has nothing.

    Every credential comes through here.

    Raises:
        CredentialError: the reference leads to none.
    """
    return resolve(source(name) or "", name)


__all__ = [
    "CONFIGURED",
    "CredentialError",
    "Credentials",
    "Pair",
    "fetch",
    "holds_credential",
    "is_reference",
    "is_safe",
    "resolve",
]

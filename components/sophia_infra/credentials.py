"""Where a credential comes from: secret configuration, or else the environment, which ESC opens too."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from sophia_infra.errors import SophiaError
from sophia_infra.values import shown

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
Pair = tuple[str, str]
"""The key of a credential in configuration (`tsigSecret` for `sophia:tsigSecret`), and its variable."""
Source = Callable[[str], str | None]
"""Returns the text that stands under a name, None where there is none."""


class CredentialError(SophiaError):
    """A credential that is asked for and not there, or a name that none can have."""

    code = "credential"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Looks up secrets; none of them ever stands in a resource's inputs or state.

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

    def get(self, key: str, variable: str) -> str:
        """Return the credential that configuration holds as `sophia:<key>`, or else the environment as `variable`.

        Raises:
            CredentialError: neither does; the message says how to set it.
        """
        key, variable = self.called_as(key, variable)
        found = fetch(f"sophia:{key}", self.config) or fetch(variable, os.environ.get)
        if not found:
            raise CredentialError(
                f"there is no sophia:{key}; set it with: pulumi config set --secret sophia:{key}, "
                f"or give {variable} in the environment (docs/settings.md)",
                field=f"sophia:{key}",
            )
        return found


def is_safe(url: str) -> bool:
    """Whether a secret may be sent to a URL: https, or http to a stand-in on this machine."""
    try:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname
    except ValueError:  # an IPv6 address that is none
        return False
    return bool(host) and (scheme == "https" or (scheme == "http" and host in _LOOPBACK))


def fetch(name: str, source: Source) -> str:
    """Return what a source holds under a name, empty where that is nothing. Every credential comes through here."""
    return source(name) or ""

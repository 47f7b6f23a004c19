"""How a backend gets its credentials: from secret configuration, or from the environment that ESC opens."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

from sophia_infra.dns.backends.base import BackendError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,31}")
Lookup = Callable[[str], str | None]


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Looks up secrets; none of them ever stands in a resource's inputs or state.

    `config` returns the text of one full configuration key (`sophia:cloudflareToken`), None where it is not set. `name`
    tells those of one kind apart: of `inside` they are `sophia:tsigSecret-inside` and `SOPHIA_TSIG_SECRET_INSIDE`.
    """

    config: Lookup = _nothing
    name: str = ""

    def called(self, name: Any) -> Self:
        """Return those of one name.

        Raises:
            BackendError: it is no name.
        """
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BackendError(
                f"backend.credential is {name!r}; give a name of letters and digits, such as 'inside'",
                field="backend.credential",
            )
        return replace(self, name=name)

    def get(self, key: str, variable: str) -> str:
        """Return the credential that configuration holds as `sophia:<key>`, or else the environment as `variable`.

        Raises:
            BackendError: neither does; the message says how to set it.
        """
        if self.name:
            key, variable = f"{key}-{self.name}", f"{variable}_{self.name.upper()}"
        found = self.config(f"sophia:{key}") or os.environ.get(variable)
        if not found:
            raise BackendError(
                f"there is no sophia:{key}; set it with: pulumi config set --secret sophia:{key}, "
                f"or give {variable} in the environment (docs/settings.md)"
            )
        return found

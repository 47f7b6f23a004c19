"""How a backend gets its credentials: from secret configuration, or from the environment that ESC opens."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from sophia_infra.dns.backends.base import BackendError

Lookup = Callable[[str], str | None]


def _nothing(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Looks up secrets; none of them ever stands in a resource's inputs or state.

    `config` returns the text of one full configuration key (`sophia:cloudflareToken`), None where it is not set.
    """

    config: Lookup = _nothing

    def get(self, key: str, variable: str) -> str:
        """Return the credential that configuration holds as `sophia:<key>`, or else the environment as `variable`.

        Raises:
            BackendError: neither does; the message says how to set it.
        """
        found = self.config(f"sophia:{key}") or os.environ.get(variable)
        if not found:
            raise BackendError(
                f"there is no sophia:{key}; set it with: pulumi config set --secret sophia:{key}, "
                f"or give {variable} in the environment (docs/settings.md)"
            )
        return found

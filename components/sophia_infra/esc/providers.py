"""What stands behind `fn::open::<provider>` in files."""

from collections.abc import Mapping
from typing import Any, Protocol

from sophia_infra.esc.values import Value


class Provider(Protocol):
    """Gives values from outside; a class of one's own needs no more than this."""

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return JSON values, in which a `Value` may mark a secret.

        MUST raise `EscError` where it can't, with no secret in the message.
        """


SHIPPED: Mapping[str, Provider] = {}

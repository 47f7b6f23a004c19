"""What of a certificate's inputs is not known before the apply. The engine's side only: it takes the SDK.

A saved plan holds `check` to what it published at the preview. An input that was unknown there may come to anything, or
be left out; one that was not there may not be added.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import UNKNOWN
from pulumi.output import contains_unknowns

from sophia_infra.tls.spec import DECIDING, PROVING, KeyType


def unknowns(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the inputs that a plan needs which are not known before the apply."""
    return tuple(name for name in (*DECIDING, *PROVING) if name in inputs and contains_unknowns(inputs[name]))


def not_yet(inputs: Mapping[str, Any], *decided: str) -> dict[str, Any]:
    """Return what `check` publishes while some of the inputs are not known: those that a plan decides, as unknown.

    `decided` are those beside `Plan.as_inputs` and `revoke`, which may be the last run's while an order waits.
    """
    key_type = UNKNOWN if inputs.get("csr") else inputs.get("key_type") or str(KeyType.ECDSA_P256)
    return {**dict.fromkeys(("domains", "generation", "revoke", *decided), UNKNOWN), "key_type": key_type}

"""What of a certificate's inputs is not known before the apply. The engine's side only: it takes the SDK."""

from collections.abc import Mapping
from typing import Any

from pulumi import UNKNOWN
from pulumi.output import contains_unknowns

from sophia_infra.tls.spec import DECIDING, PROVING, KeyType


def unknowns(inputs: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of the inputs that a plan needs which are not known before the apply."""
    return tuple(name for name in (*DECIDING, *PROVING) if name in inputs and contains_unknowns(inputs[name]))


def not_yet(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `check` publishes in place of `Plan.as_inputs` while some of the deciding inputs are not known."""
    key_type = inputs.get("key_type") or str(KeyType.ECDSA_P256)
    return {"domains": UNKNOWN, "key_type": key_type, "generation": UNKNOWN}

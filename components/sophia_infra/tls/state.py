"""A certificate as the stack's state holds it: the inputs that the last run published."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sophia_infra.tls.spec import ArgumentError, CertificateSpec


@dataclass(frozen=True, slots=True)
class CertificateState:
    """What a plan compares with. Every field may be missing: an older release may have stored less.

    Attributes:
        exists: whether there was a run before.
        issuer: which issuer signed, as `IssuerSettings.identity`; None where the inputs can't be read any more.
    """

    exists: bool = False
    generation: int | None = None
    csr_pem: str = ""
    window: float | None = None
    issuer: tuple[str, str] | None = None
    advice: Mapping[str, Any] | None = None

    @classmethod
    def from_inputs(cls, olds: Mapping[str, Any]) -> Self:
        """Read the old inputs; none at all before the first run."""
        return cls(
            exists=bool(olds),
            generation=olds.get("generation"),
            csr_pem=olds.get("csr_pem") or "",
            window=olds.get("renewal_window"),
            issuer=_issuer(olds),
            advice=olds.get("advice"),
        )


def _issuer(olds: Mapping[str, Any]) -> tuple[str, str] | None:
    try:
        return CertificateSpec.from_inputs(olds).issuer.identity
    except (ArgumentError, KeyError):
        return None  # inputs of another release: what the issuer holds decides

"""What the journal records of a certificate: that it is about to be ordered, and that it was issued."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Self

from sophia_infra.journal import Kind


@dataclass(frozen=True, slots=True)
class CertificateIntent:
    """The run, and the generation that is ordered, against the certificate whose hash is `base`."""

    KIND: ClassVar = Kind.INTENT
    RESOURCE: ClassVar = "certificate"

    run: str | None
    generation: int
    base: str

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        return cls(body.get("run"), int(body["generation"]), body["base"])


@dataclass(frozen=True, slots=True)
class CertificateOutcome:
    """The run, and the generation that was issued, its serial number in hex, and its end (ISO 8601)."""

    KIND: ClassVar = Kind.OUTCOME
    RESOURCE: ClassVar = "certificate"

    run: str | None
    generation: int
    serial_number: str
    not_after: str

    def to_body(self) -> dict[str, Any]:
        """Return the journal's row."""
        return asdict(self)

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Self:
        """Read the journal's row."""
        return cls(body.get("run"), int(body["generation"]), body["serial_number"], body["not_after"])

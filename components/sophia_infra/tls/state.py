"""What the last run published of a certificate, and what its last order stored: the state read back. Pure."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from sophia_infra.engine_run import asked_by
from sophia_infra.tls.memory import NOTHING, RENEW, Remembered
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from sophia_infra.tls.when.schedule import USUAL, Schedule


@dataclass(frozen=True, slots=True)
class CertificateState:
    """The inputs that the last run published. Every field may be missing: an older release may have stored less.

    Attributes:
        exists: whether there was a run before.
        given_csr: the request that the program gave; empty where it gave none.
        asks: the directory of the CA that signed, or was to be asked first, of several; empty where there was one.
        schedule: when the program would have it renewed; None where the inputs can't be read any more.
        spec: what was asked for; None where the inputs can't be read any more.
        remembered: what was known of the certificate that stood.
    """

    exists: bool = False
    generation: int | None = None
    csr_pem: str = ""
    given_csr: str = ""
    asks: str = ""
    schedule: Schedule | None = USUAL
    spec: CertificateSpec | None = None
    remembered: Remembered = NOTHING

    def remember(self, spec: CertificateSpec, generation: int) -> Remembered:
        """Return what is known of the certificate of a generation, which stands."""
        named, before = asked_by(RENEW, spec.subject, spec.label), self.spec or spec
        return self.remembered.next(generation, before.profiles or spec.profiles, named)

    def revokes(self, spec: CertificateSpec) -> bool:
        """Whether one is revoked that the last run was not told of."""
        before = self.spec.revocation if self.spec else None
        known = before.serial_number if before else ""
        return bool(self.exists and spec.revocation and spec.revocation.serial_number != known)

    def is_of(self, spec: CertificateSpec) -> bool:
        """Whether one that may have signed is still among the issuers."""
        return self.spec is None or not self.spec.issuers.isdisjoint(spec.issuers)

    @classmethod
    def from_inputs(cls, olds: Mapping[str, Any]) -> Self:
        """Read the old inputs; none at all before the first run."""
        schedule, spec = None, None
        with suppress(ArgumentError):
            schedule = Schedule.from_inputs(olds, ArgumentError)
        with suppress(ArgumentError, KeyError):  # else of another release: what the issuer holds decides
            spec = CertificateSpec.from_inputs(olds)
        return cls(
            exists=bool(olds),
            generation=olds.get("generation"),
            csr_pem=olds.get("csr_pem") or "",
            given_csr=olds.get("csr") or "",
            asks=olds.get("asks") or "",
            schedule=schedule,
            spec=spec,
            remembered=Remembered.from_inputs(olds),
        )


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """The outputs of a certificate's last order. What there are none of, or an older release did not store, is empty.

    Attributes:
        exists: whether there was an order.
        generation: 1 where none is stored.
        directory: that of the CA that signed; empty for the embedded one.
        published: the inputs that stand beside them.
    """

    exists: bool = False
    label: str = ""
    domains: tuple[str, ...] = ()
    generation: int = 1
    csr_pem: str = ""
    certificate_pem: str = ""
    chain_pem: str = ""
    root_pem: str = ""
    serial_number: str = ""
    directory: str = ""
    published: CertificateState = CertificateState()

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, Any] | None) -> Self:
        """Read the outputs in a state; none at all before the first order."""
        olds = outputs or {}

        def text(name: str) -> str:
            return str(olds.get(name) or "")

        return cls(
            exists=bool(olds),
            label=text("label"),
            domains=tuple(map(str, olds.get("domains") or ())),
            generation=int(olds.get("generation") or 1),
            csr_pem=text("csr_pem"),
            certificate_pem=text("certificate_pem"),
            chain_pem=text("chain_pem"),
            root_pem=text("root_pem"),
            serial_number=text("serial_number"),
            directory=text("directory"),
            published=CertificateState.from_inputs(olds),
        )


NOT_STORED = StoredCertificate()

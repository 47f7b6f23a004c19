"""What a run will do about a certificate, and how much hangs on it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.tls import renewal
from sophia_infra.tls.issuers.model import Issued
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState


@dataclass(frozen=True, slots=True)
class Plan:
    """What the issuer holds, why that must be replaced, and the generation that will stand afterwards."""

    spec: CertificateSpec
    held: Issued | None
    due: tuple[Reason, ...]

    @classmethod
    def make(cls, spec: CertificateSpec, held: Issued | None, now: datetime) -> Self:
        """Decide from what is wanted, what the issuer holds and the time, and from nothing else.

        The key and the certificate both decide by this, in one run and in the run after a crash: so they agree.
        """
        return cls(spec, held, renewal.due(spec, held, now) if held else ())

    @property
    def generation(self) -> int:
        """The generation wanted, counted from 1."""
        return renewal.generation(self.held, self.due)

    @property
    def base(self) -> str:
        """The hash of what the issuer holds, empty for nothing."""
        return self.held.base if self.held else ""

    def as_inputs(self) -> dict[str, Any]:
        """Return what `check` publishes: names and key type in canonical form, and the generation."""
        spec = self.spec
        return {"domains": list(spec.domains), "key_type": str(spec.key_type), "generation": self.generation}

    def changes(self, state: CertificateState) -> Changes:
        """Return what an apply will do to the certificate that the last run left."""
        reasons = [*self.due, *self._lacking(state)]
        before = int(state.exists)
        return Changes(
            creates=1 - before,
            updates=int(state.exists and bool(reasons)),
            before=before,
            after=1,
            source=(before, 1),
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=self.base,
        )

    def _lacking(self, state: CertificateState) -> list[Reason]:
        """Return what the state lacks, whatever the issuer has."""
        if not state.exists:
            return [self._reason(Exposure.LOW, "issue", "there is no certificate yet")]
        found = []
        if state.issuer not in (None, self.spec.issuer.identity):
            found.append(self._reason(Exposure.HIGH, "renew", "issuer changed; clients must trust the new one"))
        elif self.held is None:
            found.append(
                self._reason(Exposure.HIGH, "renew", "its issuer does not know it; clients must trust a new root")
            )
        is_of_state = (state.generation, state.csr_pem) == (self.generation, self.spec.csr_pem)
        if not self.due and not found and not is_of_state:
            found.append(
                self._reason(Exposure.MEDIUM, "renew", "an earlier run was cut off between key and certificate")
            )
        if state.window != self.spec.window:
            found.append(self._reason(Exposure.LOW, "plan", "renewal window changed; the certificate stays"))
        return found

    def _reason(self, exposure: Exposure, operation: str, why: str) -> Reason:
        return Reason(exposure, f"{self.spec.subject} certificate", operation, why)

"""What a run will do about a certificate, how much hangs on it, and what it compares with. Pure."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Issued
from sophia_infra.tls.spec import ArgumentError, CertificateSpec
from sophia_infra.tls.when import renewal
from sophia_infra.tls.when.schedule import USUAL, Schedule


@dataclass(frozen=True, slots=True)
class CertificateState:
    """The inputs that the last run published. Every field may be missing: an older release may have stored less.

    Attributes:
        exists: whether there was a run before.
        schedule: when the program would have it renewed; None where the inputs can't be read any more.
        issuer: which issuer signed, as `IssuerSettings.identity`; None where the inputs can't be read any more.
    """

    exists: bool = False
    generation: int | None = None
    csr_pem: str = ""
    schedule: Schedule | None = USUAL
    issuer: tuple[str, str] | None = None

    @property
    def changes(self) -> Changes:
        """The one certificate, created where there is none."""
        before = int(self.exists)
        return Changes(creates=1 - before, before=before, after=1, source=(before, 1))

    @classmethod
    def from_inputs(cls, olds: Mapping[str, Any]) -> Self:
        """Read the old inputs; none at all before the first run."""
        schedule = None
        with suppress(ArgumentError):
            schedule = Schedule.from_inputs(olds, ArgumentError)
        try:
            issuer = CertificateSpec.from_inputs(olds).issuer.identity
        except (ArgumentError, KeyError):
            issuer = None  # inputs of another release: what the issuer holds decides
        return cls(
            exists=bool(olds),
            generation=olds.get("generation"),
            csr_pem=olds.get("csr_pem") or "",
            schedule=schedule,
            issuer=issuer,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What the issuer holds, why that must be replaced, and the generation that will stand afterwards.

    `list_ends` is the end of its authority's revocation list, where that is due to be signed anew.
    """

    spec: CertificateSpec
    held: Issued | None
    due: tuple[Reason, ...]
    standing: int = 1
    list_ends: datetime | None = None

    @classmethod
    def make(cls, spec: CertificateSpec, held: Issued | None, now: datetime, standing: float | None = None) -> Self:
        """Decide from what is asked for, what the issuer holds and the time.

        The key and the certificate both decide by this, in one run and in the run after a crash: so they agree.
        `standing` is the generation in the state. It counts only where the issuer knows of none: the key stays then. By
        ACME, books that know of an earlier one alone are those of a machine that others have ordered beside since.
        """
        if held and spec.issuer.kind is IssuerKind.ACME and (standing or 0) > held.generation:
            held = None
        ends = held.list_ends if held and renewal.list_due(held.list_ends, now) else None
        return cls(spec, held, renewal.due(spec, held, now) if held else (), int(standing or 1), ends)

    @property
    def opening(self) -> renewal.Opening | None:
        """From when on the certificate that is held is renewed; None where there is none that can be read."""
        return renewal.opening(self.held, self.spec.schedule) if self.held else None

    @property
    def generation(self) -> int:
        """Which certificate of its label will stand, counted from 1: the one held, or the next when that is due."""
        return self.held.generation + bool(self.due) if self.held else self.standing

    def as_inputs(self) -> dict[str, Any]:
        """Return what `check` publishes: names and key type in canonical form, and the generation."""
        spec = self.spec
        return {"domains": list(spec.domains), "key_type": str(spec.key_type), "generation": self.generation}

    def changes(self, state: CertificateState) -> Changes:
        """Return what an apply will do to the certificate that the last run left."""
        reasons = [*self.due, *self._lacking(state)]
        return replace(
            state.changes,
            updates=int(state.exists and bool(reasons)),
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=self.held.base if self.held else "",
        )

    def _lacking(self, state: CertificateState) -> list[Reason]:
        """Return what the state lacks, whatever the issuer has."""
        reason = self.spec.reason
        if not state.exists:
            return [reason(Exposure.LOW, "issue", "there is no certificate yet")]
        found = []
        if state.issuer not in (None, self.spec.issuer.identity):
            found.append(reason(Exposure.HIGH, "renew", "issuer changed; clients must trust the new one"))
        elif self.held is None and self.spec.issuer.kind is IssuerKind.ACME:
            why = "this machine does not know it; the state's is taken on while it is good, else one is ordered"
            found.append(reason(Exposure.LOW, "renew", why))
        elif self.held is None and self.spec.issuer.new_root:
            found.append(
                reason(Exposure.HIGH, "renew", "its issuer does not know it; clients must trust its root of today")
            )
        elif self.held is None:
            # Another root would be refused, since nobody has given up the old one.
            found.append(
                reason(Exposure.MEDIUM, "renew", "its issuer has lost its copy; issued again below the same root")
            )
        is_of_state = (state.generation, state.csr_pem) == (self.generation, self.spec.csr_pem)
        if not self.due and not found and not is_of_state:
            found.append(reason(Exposure.MEDIUM, "renew", "an earlier run was cut off between key and certificate"))
        if self.list_ends and not self.due:
            why = f"the revocation list of its authority ends on {self.list_ends:%Y-%m-%d}; the certificate stays"
            found.append(reason(Exposure.LOW, "sign the list anew", why))
        if state.schedule != self.spec.schedule:
            found.append(reason(Exposure.LOW, "plan", "when to renew changed; the certificate stays"))
        return found

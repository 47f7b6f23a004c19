"""What a run will do about a certificate, and how much hangs on it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.tls import renewal
from sophia_infra.tls.issuers.model import Issued
from sophia_infra.tls.wanted import ArgumentError, Wanted


@dataclass(frozen=True, slots=True)
class Plan:
    """What the issuer holds, why that must be replaced, and the generation that will stand afterwards."""

    wanted: Wanted
    held: Issued | None
    due: tuple[Reason, ...]

    @classmethod
    def make(cls, wanted: Wanted, held: Issued | None, now: datetime) -> Self:
        """Decide from what is wanted, what the issuer holds and the time, and from nothing else.

        The key and the certificate both decide by this, in one run and in the run after a crash: so they agree.
        """
        return cls(wanted, held, renewal.due(wanted, held, now) if held else ())

    @property
    def generation(self) -> int:
        """The generation wanted, counted from 1."""
        return renewal.generation(self.held, self.due)

    @property
    def base(self) -> str:
        """The hash of what the issuer holds, empty for nothing."""
        return self.held.base if self.held else ""

    def changes(self, olds: Mapping[str, Any], csr_pem: Any) -> Changes:
        """Return the public `changes` property of the certificate, against the inputs of the last run.

        `csr_pem` may be an unknown value: a key that will be new.
        """
        reasons = [*self.due, *self._news(olds, csr_pem)]
        return Changes(
            creates=0 if olds else 1,
            updates=1 if olds and reasons else 0,
            before=1 if olds else 0,
            after=1,
            source=(1 if olds else 0, 1),
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=self.base,
        )

    def _news(self, olds: Mapping[str, Any], csr_pem: Any) -> list[Reason]:
        """Return what the state lacks, whatever the issuer has."""
        if not olds:
            return [self._reason(Exposure.LOW, "issue", "there is no certificate yet")]
        found = []
        if self._issuer_changed(olds):
            found.append(self._reason(Exposure.HIGH, "renew", "issuer changed; clients must trust the new one"))
        elif self.held is None:
            found.append(
                self._reason(Exposure.HIGH, "renew", "its issuer does not know it; clients must trust a new root")
            )
        if not self.due and not found and (olds.get("generation"), olds.get("csr_pem")) != (self.generation, csr_pem):
            found.append(
                self._reason(Exposure.MEDIUM, "renew", "an earlier run was cut off between key and certificate")
            )
        if olds.get("renewal_window") != self.wanted.window:
            found.append(self._reason(Exposure.LOW, "plan", "renewal window changed; the certificate stays"))
        return found

    def _issuer_changed(self, olds: Mapping[str, Any]) -> bool:
        try:
            return Wanted.read(olds).issuer.identity != self.wanted.issuer.identity
        except (ArgumentError, KeyError):
            return False  # inputs of another release: what the issuer holds decides

    def _reason(self, exposure: Exposure, operation: str, why: str) -> Reason:
        return Reason(exposure, f"{self.wanted.subject} certificate", operation, why)

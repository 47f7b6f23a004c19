"""What a run will do about a certificate, how much hangs on it, and what it compares with. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sophia_infra.changes.model import Changes, Exposure, Reason
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.issuers import Issued, IssuerError
from sophia_infra.tls.spec import CertificateSpec
from sophia_infra.tls.state import CertificateState
from sophia_infra.tls.when import renewal

RETRY = "SOPHIA_RETRY"
"""The variable that names certificates, by first name or label, which a person wants ordered after a minute's pause."""


@dataclass(frozen=True, slots=True)
class Setback:
    """Why an order waits, and until when: None for the next run.

    `stands_until` is until when the certificate that was issued last is good to wait with; None where that is unknown.
    """

    why: str
    until: datetime | None = None
    stands_until: datetime | None = None

    def __str__(self) -> str:
        return f"{self.why}; the next try is due {f'at {self.until:%Y-%m-%d %H:%M} UTC' if self.until else 'next run'}"

    def refusal(self, subject: str) -> IssuerError:
        """Return the error where a certificate can't wait for it."""
        told = f"{subject}: {self}; order at once with {RETRY}={subject} pulumi up"
        return IssuerError(told, code="held-back", subject=subject, value=str(self.until))


@dataclass(frozen=True, slots=True)
class Plan:
    """What the issuer holds, why that must be replaced, and the generation that will stand afterwards.

    `list_ends` is the end of its authority's revocation list, where that is due to be signed anew. `waits` says why an
    order does not go out now: then nothing changes. `shown` counts the proofs that a run which was cut off has left.
    `unmatched` is the serial number that the program has newly revoked, where another certificate stands.
    """

    spec: CertificateSpec
    held: Issued | None
    due: tuple[Reason, ...]
    standing: int = 1
    list_ends: datetime | None = None
    waits: Setback | None = None
    shown: int = 0
    unmatched: str = ""

    @classmethod
    def make(
        cls,
        spec: CertificateSpec,
        held: Issued | None,
        now: datetime,
        standing: float | None = None,
        setback: Setback | None = None,
        *,
        revokes: bool = False,
    ) -> Self:
        """Decide from what is asked for, what the issuer holds and the time.

        The key and the certificate both decide by this, in one run and in the run after a crash: so they agree.
        `standing` is the generation in the state. It counts only where nobody knows of any: the key stays then.
        `revokes` is what `CertificateState.revokes` says. It counts there too: nobody can tell whether the state's is
        the one named, and its key may be known to others.
        """
        ends = held.list_ends if held and renewal.list_due(held.list_ends, now) else None
        due = renewal.due(spec, held, now) if held else ()
        if held is None and revokes and spec.revocation:
            due = (spec.reason(Exposure.HIGH, "renew", str(spec.revocation)),)
        told = spec.revocation.serial_number if revokes and spec.revocation and not spec.revocation.is_done else ""
        stands = held.facts.serial_number if held and held.facts else ""
        return cls(
            spec,
            held,
            due,
            standing=int(standing or 1),
            list_ends=ends,
            waits=setback if due or held is None else None,
            unmatched=told if stands not in ("", told) else "",
        )

    @property
    def opening(self) -> renewal.Opening | None:
        """From when on the certificate that is held is renewed; None where there is none that can be read."""
        return renewal.opening(self.held, self.spec.schedule) if self.held else None

    @property
    def generation(self) -> int:
        """Which certificate of its label will stand, counted from 1: the one held, or the next when that is due."""
        return self.standing if self.waits else (self.held.generation if self.held else self.standing) + bool(self.due)

    @property
    def is_renewal(self) -> bool:
        """Whether time alone makes it due: the certificate that is held is all that is asked for."""
        held = self.held.facts if self.held and not self.held.withdrawn else None
        same = held and (set(held.domains), held.key_type) == (set(self.spec.domains), self.spec.key_type)
        return bool(same and self.due)

    def may_wait(self, now: datetime) -> bool:
        """Whether the certificate of before is good, and its end not near: clients take it while an order waits."""
        if self.held is None:
            until = self.waits.stands_until if self.waits else None
            return not self.due and until is not None and now < until
        begins, ends = self.held.validity or (now, now)
        return not self.held.withdrawn and begins <= now < renewal.emergency(begins, ends)

    def refusal(self, state: CertificateState, now: datetime) -> IssuerError | None:
        """Return the error of an order that has to wait, and can't; None where nothing waits, or it can."""
        can_wait = state.exists and self.may_wait(now)
        return self.waits.refusal(self.spec.subject) if self.waits and not can_wait else None

    def as_inputs(self) -> dict[str, Any]:
        """Return what `check` publishes: names and key type in canonical form, and the generation."""
        spec = self.spec
        return {"domains": list(spec.domains), "key_type": str(spec.key_type), "generation": self.generation}

    def changes(self, state: CertificateState) -> Changes:
        """Return what an apply will do to the certificate that the last run left."""
        reasons = [] if self.waits and state.exists else [*self.due, *self._lacking(state)]
        return Changes.of_one(reasons, self.held.base if self.held else "", exists=state.exists)

    def orders(self, state: CertificateState) -> bool:
        """Whether a certificate is ordered: not where the one that stands stays, or is taken on."""
        is_new = not (self.held or state.exists) or not state.is_of(self.spec) or self._is_left(state)
        return not self.waits and bool(self.due or is_new or state.given_csr != self.spec.given_csr)

    def _is_left(self, state: CertificateState) -> bool:
        """Whether the one of several issuers that has signed is none of them any more."""
        return bool(self.held is None and state.asks and not self.spec.turn(state.asks))

    def _lacking(self, state: CertificateState) -> list[Reason]:
        """Return what the state lacks, whatever the issuer has."""
        reason = self.spec.reason
        if not state.exists:
            return [reason(Exposure.LOW, "issue", "there is no certificate yet")]
        found = [reason(exposure, "renew", why) for exposure, why in self._renews(state)]
        if self.list_ends and not self.due:
            why = f"the revocation list of its authority ends on {self.list_ends:%Y-%m-%d}; the certificate stays"
            found.append(reason(Exposure.LOW, "sign the list anew", why))
        if self.shown and not self.due:
            why = f"a run that was cut off left {self.shown} where its CA looked; the certificate stays"
            found.append(reason(Exposure.LOW, "remove proofs", why))
        if state.schedule != self.spec.schedule:
            found.append(reason(Exposure.LOW, "plan", "when to renew changed; the certificate stays"))
        return found

    def _renews(self, state: CertificateState) -> Iterator[tuple[Exposure, str]]:
        """Yield why the certificate in the state is not the one that stands, or not for the key beside it."""
        is_lost = self.held is None and not self.due
        is_of_state = (state.generation, state.csr_pem) == (self.generation, self.spec.csr_pem)
        if not state.is_of(self.spec) or (is_lost and self._is_left(state)):
            yield Exposure.HIGH, "issuer changed; clients must trust the new one"
        elif is_lost and self.spec.issuer.kind is IssuerKind.ACME:
            why = "this machine does not know it; the state's is taken on while it is good, else one is ordered"
            yield Exposure.LOW, why
        elif is_lost and self.spec.issuer.new_root:
            yield Exposure.HIGH, "its issuer does not know it; clients must trust its root of today"
        elif is_lost:
            # Another root would be refused, since nobody has given up the old one.
            yield Exposure.MEDIUM, "its issuer has lost its copy; issued again below the same root"
        elif not self.due and state.given_csr != self.spec.given_csr:
            yield Exposure.MEDIUM, "the signing request that the program gives changed"
        elif not self.due and not is_of_state:
            yield Exposure.MEDIUM, "an earlier run was cut off between key and certificate"

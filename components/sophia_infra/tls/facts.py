"""What the rules judge a certificate by. Times are reduced to what they mean, so that the same advice holds all day."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from sophia_infra.clock import TOLERANCE
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.names import address, base, climbed
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.when.renewal import default_window

HOUR = timedelta(hours=1)
AHEAD = timedelta(days=90)

PUBLIC_LIMITS = (
    (datetime(2020, 9, 1, tzinfo=UTC), 398),
    (datetime(2026, 3, 15, tzinfo=UTC), 200),
    (datetime(2027, 3, 15, tzinfo=UTC), 100),
    (datetime(2029, 3, 15, tzinfo=UTC), 47),
)
"""From when on, and how many days a public certificate may live: Baseline Requirements, section 6.3.2."""


class State(StrEnum):
    """How the certificate that stands now is doing."""

    NONE = "none"
    GOOD = "good"
    LATE = "late"
    EXPIRED = "expired"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Facts:
    """One certificate, as asked for and as it stands. `window` is a share.

    `public` says that browsers trust the issuer without being told to, so the CA/Browser Forum's rules bind it; the
    embedded one is not public. An ACME CA decides on the lifetime itself: it is what it gave last,
    else what it publishes for the profile (`IssuerSettings.lifetime`), else 90 days,
    and no more than the public limit of today where that binds it. `max_days` is the public limit of today,
    `coming_days` one that comes within 90 days (0 for none). `late` means that more than half of the renewal window
    has passed unused; `chain_ends_first` that an authority in the chain expires before the certificate does.
    `list_ends` is when the revocation list of its authority ends, where that is to be signed anew. `explanation` is
    the page where its CA says why it suggests when to renew, and `fault` what is wrong with what the CA last said
    of that. `waits` is until when maintenance holds back a renewal that is due. `held_back` says why an order that
    is due does not go out now, and until when. `unmatched` is the serial number that the program has newly revoked,
    where another certificate stands.
    """

    domains: tuple[str, ...]
    key_type: str
    lifetime_hours: int
    window: float
    public: bool = False
    zone: str = ""
    max_days: int = 398
    coming_days: int = 0
    key_type_before: str = ""
    domains_before: tuple[str, ...] = ()
    state: State = State.NONE
    chain_ends_first: bool = False
    list_ends: str = ""
    explanation: str = ""
    fault: str = ""
    waits: str = ""
    held_back: str = ""
    unmatched: str = ""

    @classmethod
    def of(cls, plan: Plan, now: datetime) -> Self:
        """Return the facts about what is asked for, and about the certificate that stands now."""
        spec, issued = plan.spec, plan.held
        held, chain = (issued.facts, issued.chain_validity) if issued else (None, None)
        today, coming = _limit(now), _limit(now + AHEAD)
        ca, lifetime = spec.issuer.public, spec.lifetime
        if spec.issuer.kind is IssuerKind.ACME:  # the CA decides, and keeps to the limits itself
            given = held.not_after - held.not_before + timedelta(seconds=1) if held else None  # with both ends
            lifetime, coming = given or spec.issuer.lifetime(now) or lifetime, today
            lifetime = min(lifetime, timedelta(days=today)) if ca else lifetime
        share = default_window(lifetime) if spec.schedule.window is None else spec.schedule.window
        return cls(
            domains=spec.domains,
            key_type=spec.key_type,
            lifetime_hours=lifetime // HOUR,
            window=round(share, 3),
            public=ca is not None,
            zone=spec.zone,
            max_days=today,
            coming_days=coming if coming < today else 0,
            key_type_before=held.key_type if held else "",
            domains_before=held.domains if held else (),
            state=_state(plan, now),
            explanation=issued.suggestion.explanation if issued else "",
            waits=plan.opening.waits(now) if plan.opening and not plan.due else "",
            fault=issued.suggestion.fault if issued else "",
            held_back=str(plan.waits or ""),
            unmatched=plan.unmatched,
            list_ends=f"{plan.list_ends:%Y-%m-%d}" if plan.list_ends else "",
            chain_ends_first=bool(held and chain and chain[1] < held.not_after),
        )

    def published(self, plan: Plan, now: datetime) -> dict[str, Any]:
        """Return the input property `certificate_facts`: what policies judge (docs/contracts.md)."""
        issuer, stands = plan.spec.issuer, bool(plan.held and plan.held.facts)
        every = (plan.spec.issuer, *plan.spec.others)
        return {
            "names": list(self.domains),
            "key_type": self.key_type,
            "lifetime_hours": self.lifetime_hours,
            "lifetime_is_guess": issuer.kind is IssuerKind.ACME and not stands and issuer.lifetime(now) is None,
            "issuers": sorted(issuer.directory or str(issuer.kind) for issuer in every),
            "public": self.public,
            "state": str(self.state),
            "renews": (bool(plan.due) or plan.held is None) and not plan.waits,
            "without_caa": [name for name in self.domains if not address(name) and _is_bare(name, plan.spec.answers)],
        }

    @property
    def window_hours(self) -> float:
        """How many hours there are to renew in."""
        return self.lifetime_hours * self.window

    @property
    def digest(self) -> str:
        """SHA-256 over all of it that it is judged by, in hex: the limits of today bind a public certificate alone."""
        judged = self if self.public else replace(self, max_days=0, coming_days=0)
        return hashlib.sha256(json.dumps(asdict(judged), sort_keys=True).encode()).hexdigest()


def _is_bare(name: str, answers: Mapping[str, Any]) -> bool:
    """Whether the program's zone will have CAA records neither at a name nor above it; not where that is not known."""
    told = [answers.get(f"{above}. CAA") for above in climbed(base(name))]
    return any(answer == {} for answer in told) and not any(told)


def _limit(now: datetime) -> int:
    reached = [days for since, days in PUBLIC_LIMITS if now >= since]
    return reached[-1] if reached else PUBLIC_LIMITS[0][1]


def _state(plan: Plan, now: datetime) -> State:
    opens, valid = plan.opening, plan.held and plan.held.validity
    if not opens or not valid:
        return State.NONE
    begins, ends = valid
    if now + TOLERANCE < begins:
        return State.FUTURE
    if now > ends:
        return State.EXPIRED
    return State.LATE if now > opens.at + (ends - opens.at) / 2 else State.GOOD

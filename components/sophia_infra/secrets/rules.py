"""The rules for secrets. Pure; docs/rules.md explains every code.

Each reason that blocks a step is a finding too. `decisions` finds the reason, and this file gives it a level.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sophia_infra.advice.model import Finding, Level
from sophia_infra.secrets.decisions import Decision, cut_off
from sophia_infra.secrets.kinds import Login
from sophia_infra.secrets.phases import Block, Held, Phase, Seen, SlotState
from sophia_infra.secrets.spec import SecretKind, SecretSpec

VERSION = "4"
BLOCKING = frozenset({"state-behind", "value-lost", "unpublishable"})
"""What no run gets past by itself."""
_WAITING = frozenset({"soak", "login-refused", "refusals-unseen"})
"""What passes by itself, or nobody can mend: it is good to know, and no reason for caution."""
SHORT_SOAK, LONG_AGE = timedelta(hours=1), timedelta(days=366)
SOON = 0.9
"""The share of its `max_age` from which on a value is due soon."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules see of a secret: `adopted` was seen with the login in use, which `login` is.

    `ended` is when an override of it has ended; None where there is none, or it holds.
    """

    spec: SecretSpec
    seen: Seen
    decision: Decision
    login: Login
    held: Held
    adopted: frozenset[str] = frozenset()
    ended: datetime | None = None

    @property
    def blocking(self) -> frozenset[str]:
        """The codes of what no run gets past: without its server, nothing can be published first."""
        return BLOCKING if self.held.published else BLOCKING | {"unread"}


def judge(secret: Judged, now: datetime) -> list[Finding]:
    """Return what all rules have to say, sorted by code."""
    reasons = () if secret.spec.kind is SecretKind.PASSWORD else cut_off(secret.held, secret.seen)  # by no server
    blocks = (*secret.decision.blocks, *secret.seen.unsure, *reasons)
    found = [_finding(block, secret.blocking) for block in dict.fromkeys(blocks)]
    found += [*_age(secret, now), *_terms(secret.spec), *_use(secret), *_override(secret), *_way(secret)]
    return sorted(found, key=lambda finding: finding.code)


def _finding(block: Block, blocking: frozenset[str]) -> Finding:
    level = Level.ERROR if block.code in blocking else Level.INFO if block.code in _WAITING else Level.WARNING
    return Finding(f"secret-{block.code}", level, block.subject, block.message, block.fix)


def _age(secret: Judged, now: datetime) -> Iterator[Finding]:
    spec, slot = secret.spec, secret.seen.slot(secret.decision.slot)
    if slot.state is not SlotState.ISSUED or slot.at is None:
        return
    age, is_steady = now - slot.at, secret.decision.phase is Phase.STEADY
    if age > spec.max_age * 2 and not is_steady:
        told = f"its value is {age.days} days old, and the rotation does not get on"
        yield Finding("secret-overdue", Level.WARNING, spec.name, told, "see what blocks it: sophia secrets show")
    elif age > spec.max_age * SOON and is_steady:
        told = f"its next value is made by the first `pulumi up` from {slot.at + spec.max_age:%Y-%m-%d %H:%M} UTC on"
        fix = "nothing to do; begin one at a better time: sophia secrets rotate"
        yield Finding("secret-due", Level.INFO, spec.name, told, fix)


def _use(secret: Judged) -> Iterator[Finding]:
    """What will hurt: a consumer that no rotation could see move, and one that is moving right now."""
    spec, seen, decision = secret.spec, secret.seen, secret.decision
    new = {session.application for session in seen.using(decision.slot)}
    if decision.phase is Phase.STEADY and not seen.unread:
        for name in sorted(set(spec.terms.consumers) - secret.adopted - new):
            told = f"{name} was not seen with the login in use yet: the next rotation would wait for it"
            yield Finding("secret-consumer-absent", Level.INFO, name, told, "see whether it names itself so")
    for name in sorted({session.application for session in seen.using(decision.other)} & new & {*spec.terms.consumers}):
        told = f"{name} is connected by both logins: it is moving, or one of its processes has not"
        yield Finding("secret-rollout", Level.INFO, name, told, "let its deployment end, or restart what is left")


def _override(secret: Judged) -> Iterator[Finding]:
    for block in secret.decision.broken:
        told, fix = f"{block.message}; an override lets that break", "sophia secrets abort, while it can be taken back"
        yield Finding("secret-breaks", Level.WARNING, block.subject or secret.spec.name, told, fix)
    if secret.ended:
        told = f"its override has ended at {secret.ended:%Y-%m-%d %H:%M} UTC: what it named blocks again"
        fix = "where it is still needed: sophia secrets rotate --override NAME --until DATE"
        yield Finding("secret-override-ended", Level.INFO, secret.spec.name, told, fix)


def _way(secret: Judged) -> Iterator[Finding]:
    """A password that passes in clear text; PostgreSQL is asked for SCRAM, which shows none."""
    host = urlsplit(f"//{secret.login.address}").hostname or "localhost"
    if secret.login.scheme == "redis" and not _is_here(host):
        told = f"its password goes to {host} in clear text"
        yield Finding("secret-plain", Level.WARNING, secret.spec.name, told, "have the server take TLS: rediss://")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _terms(spec: SecretSpec) -> Iterator[Finding]:
    if spec.terms.soak < SHORT_SOAK:
        told = (
            f"its login of before is refused for {spec.terms.soak} only before it is ended: a job that runs less often"
        )
        yield Finding(
            "secret-soak-short", Level.INFO, spec.name, f"{told} has no time to show", "leave soak out for 2d"
        )
    if spec.max_age >= LONG_AGE:
        told = f"a value is used for {spec.max_age.days} days: whoever has copied it may use it as long"
        yield Finding("secret-age-long", Level.WARNING, spec.name, told, "shorten max_age; leave it out for 30d")
    if spec.max_age <= spec.terms.soak:
        told = "a value is to be replaced before the soak of the one before it is over"
        yield Finding("secret-too-often", Level.WARNING, spec.name, told, "lengthen max_age, or shorten soak")

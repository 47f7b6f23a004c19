"""Taking the steps of a secret: what proves them is read again and an intent is journaled before its server changes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sophia_infra import clock, retries
from sophia_infra.changes import Changes
from sophia_infra.journal import Journal, JournalError
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.secrets.events import SecretEvent, SecretIntent
from sophia_infra.secrets.kinds import Kind, SecretError, open_kind, published_text
from sophia_infra.secrets.observation import Looked
from sophia_infra.secrets.phases import FREE, SLOTS, Held, Phase, SlotState, Step
from sophia_infra.secrets.spec import SecretKind, SecretSpec

log = logging.getLogger(__name__)
PASSED = {
    Step.STAGE: (Phase.STAGED,),
    Step.PUBLISH: (Phase.VERIFIED, Phase.PUBLISHED),
    Step.SUSPEND: (Phase.SUSPENDED,),
    Step.RESUME: (Phase.ADOPTING,),
    Step.REVOKE: (Phase.REVOKED, Phase.STEADY),
}
"""The phases that a step leads through; each is an event of the journal."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One run's steps of a secret. `values` has the value of each slot."""

    spec: SecretSpec
    held: Held
    values: Mapping[str, str | None]
    journal: Journal
    run: str | None
    reporter: Reporter = STDERR

    def take(self, planned: Mapping[str, Any]) -> None:
        """Take the steps that `check` has planned, where they still follow from what is seen now.

        Raises:
            SecretError: they do not any more, or one fails; what serves goes on serving.
            JournalError: a step can't be journaled, and is not taken.
        """
        looked = Looked.at(self.spec, self.held, self.values, self.journal, clock.now())
        base = Changes.of_resource(planned).base
        if looked.base != base:
            why = "; ".join(block.message for block in looked.decision.blocks) or "somebody else took a step"
            told = f"what the plan of {self.spec.name} rests on has changed ({why}); nothing was done: run it again"
            raise SecretError(told, code="secret-moved", subject=self.spec.name)
        if not looked.published:
            why = "; ".join(block.message for block in looked.decision.blocks)
            told = f"{self.spec.name} has no login to give yet: {why}"
            raise SecretError(told, code="secret-unpublished", subject=self.spec.name)
        for step in looked.decision.steps:
            self._take(step, looked, base)

    def _take(self, step: Step, looked: Looked, base: str) -> None:
        slot, other = looked.decision.slot, looked.decision.other
        generation, value = looked.held.minted[slot], self.values[slot] or ""
        self.journal.write(self.spec.label, SecretIntent(step, generation, base, self.run))
        log.debug("secret %s: %s of generation %d against base %.12s", self.spec.name, step, generation, base)
        kind = open_kind(self.spec, self.journal)
        force = bool(looked.decision.broken)
        if step is Step.STAGE:
            if not looked.is_repair:
                self._note(Phase.MINTED, generation)
            kind.issue(slot, value, generation)
        elif step is Step.PUBLISH:
            if not looked.seen.astray:
                retries.again(_is_behind, lambda: self._verify(kind, slot, value), attempts=5, pause=0.5)
            self.spec.publish.put(published_text(self.spec, kind.login(slot), value, generation))
        elif step is Step.SUSPEND:
            kind.suspend(other, force=force)
        elif step is Step.RESUME:
            self._resume(kind, other, looked)
        elif step is Step.REVOKE:
            kind.revoke(other, force=force)
        for phase in () if looked.is_repair else PASSED[step]:
            self._note(phase, generation)
        log.debug("secret %s: %s is done", self.spec.name, step)

    def _resume(self, kind: Kind, other: str, looked: Looked) -> None:
        """Take logins by a slot again; where the state has its value, on instances that have lost it as well."""
        value, generation = self.values[other], looked.held.minted[other]
        if value and generation >= looked.seen.slot(other).generation:
            kind.issue(other, value, generation)
        else:
            kind.resume(other)

    def _verify(self, kind: Kind, slot: str, value: str) -> None:
        if failed := kind.verify(slot, value):
            told = f"{self.spec.name}: {failed[0].message}"
            raise SecretError(told, code="secret-unverified", subject=self.spec.name, value=failed[0].code)

    def _note(self, phase: Phase, generation: int) -> None:
        """Write what has happened: where the journal fails it is told, and nothing stops."""
        try:
            self.journal.write(self.spec.label, SecretEvent(phase, generation, self.spec.name, run=self.run))
        except JournalError as error:
            self.reporter.say_once(f"secret {self.spec.name}: {phase} is not in the journal: {error}")


def _is_behind(error: Exception) -> bool:
    """Whether an instance may take the login in a few seconds, as a standby does that is behind."""
    return isinstance(error, SecretError) and error.value == "login-refused"


def _stop(spec: SecretSpec) -> str:
    """Return what has nobody be seen to use a secret any more."""
    if spec.kind is SecretKind.TSIG:  # whose log tells of the last use, however long ago that was
        return "once that client is gone, take `log` out of key_file, run `pulumi up`, and destroy it then"
    return "stop who uses it" + (" and wait for an hour" if spec.kind is SecretKind.CLOUDFLARE else "")


def end(spec: SecretSpec, held: Held, values: Mapping[str, str | None], journal: Journal) -> tuple[str, ...]:
    """End both logins of a secret that leaves the stack, and take what consumers were given out of its places.

    Returns why a place may hold it still: it is good no more, so that is no reason to stay.

    Raises:
        SecretError: somebody is connected by one of them, its server has a later generation or can't be asked.
    """
    kind = open_kind(spec, journal)
    seen, generation = kind.observe(), max(held.minted.values())
    if seen.newest > generation:
        told = f"the server of {spec.name} has generation {seen.newest}, and this state {generation}"
        fix = "another one has its logins in use; use that one, or take it out of this one alone: pulumi state delete"
        raise SecretError(f"{told}: {fix}", code="secret-moved", subject=spec.name)
    if users := (*seen.sessions, *(gap.message for gap in seen.gaps)):
        told = f"{spec.name} is, or may be, in use: {users[0]}; {_stop(spec)}, or keep it with retain_on_delete"
        raise SecretError(told, code="secret-in-use", subject=spec.name)
    for slot in SLOTS:
        stands = seen.slot(slot)
        if stands.state not in FREE or (stands.state is SlotState.ABSENT and stands.generation):
            journal.write(spec.label, SecretIntent(Step.REVOKE, stands.generation, ""))
            log.debug("secret %s: %s of generation %d, for it leaves", spec.name, Step.REVOKE, stands.generation)
            kind.suspend(slot)
            kind.revoke(slot)
    log.debug("secret %s: its logins have ended", spec.name)
    value = values[held.given] if held.given else None
    if not value:
        return ()
    return tuple(spec.publish.clear(published_text(spec, kind.login(held.given), value, held.published)))

"""A secret in `check`: a resource that walks as every other one does (see `advised`). Nothing is changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sophia_infra import advised
from sophia_infra.advice.consult import RuleAdvisor
from sophia_infra.advice.model import Edit
from sophia_infra.advised import About
from sophia_infra.changes import Changes, Exposure, Reason, fingerprint
from sophia_infra.changes.model import worst_first
from sophia_infra.changes.overrides import Override
from sophia_infra.codec import encode
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal
from sophia_infra.secrets import events, rules
from sophia_infra.secrets.decisions import Decision, beside, decide
from sophia_infra.secrets.events import Ask
from sophia_infra.secrets.kinds import Kind, SecretError, open_kind, published_text
from sophia_infra.secrets.phases import SLOTS, Held, Phase, Seen, SlotState, Step, other_of
from sophia_infra.secrets.spec import PUBLISHED, SecretSpec
from sophia_infra.settings import Settings

_WEIGHT: Mapping[Step, tuple[Exposure, str]] = {
    Step.STAGE: (Exposure.LOW, "its next login is made ready beside the one in use"),
    Step.PUBLISH: (Exposure.MEDIUM, "consumers are given the next login; the one of before works on"),
    Step.SUSPEND: (Exposure.MEDIUM, "all consumers have moved: further logins by the one of before are refused"),
    Step.RESUME: (Exposure.LOW, "somebody still uses the login of before: it is taken again"),
    Step.REVOKE: (Exposure.MEDIUM, "nobody uses the login of before: its password is ended for good"),
}
_AFTER = {
    Step.STAGE: Phase.STAGED,
    Step.PUBLISH: Phase.ADOPTING,
    Step.SUSPEND: Phase.SUSPENDED,
    Step.RESUME: Phase.ADOPTING,
    Step.REVOKE: Phase.STEADY,
}


def observe(kind: Kind) -> Seen:
    """Return what a server shows; one that can't be asked shows nothing. A login that is not ours is refused.

    Raises:
        SecretError: one of its logins was not made for this secret.
    """
    try:
        return kind.observe()
    except SecretError as error:
        if error.code == "secret-foreign":
            raise
        return Seen(unread=str(error))


@dataclass(frozen=True, slots=True)
class Looked:
    """What is held and seen of a secret at one time, and what follows of it."""

    held: Held
    seen: Seen
    decision: Decision
    adopted: frozenset[str] = frozenset()
    override: Override | None = None

    @classmethod
    def at(
        cls, spec: SecretSpec, held: Held, values: Mapping[str, str | None], journal: Journal, now: datetime
    ) -> "Looked":
        """Read the server, and try the login that is staged; `values` has None where one is not known.

        Raises:
            SecretError: a login of the server was not made for this secret.
            JournalError: the journal can't be read.
        """
        kind = open_kind(spec, journal)
        seen = observe(kind)
        generation, before = held.minted[held.wanted], other_of(held.wanted)
        has_other = bool(held.minted[before]) and seen.slot(before).state is SlotState.ISSUED  # and the state its value
        if has_other and events.wished(journal, spec.label, Ask.ABORT, generation):
            held = replace(held, abandoned=generation)
        stands = seen.slot(other_of(held.wanted))
        since = stands.at if seen.unsure and stands.state is SlotState.SUSPENDED else None
        adopted = events.adopted(journal, spec.label, held.minted[held.wanted], since)
        override = _override(spec, journal, stands.generation)
        terms = spec.terms
        if override and override.holds(now):
            named = {"" if name == spec.name else name for name in override.names}
            terms = replace(terms, soak=timedelta(0), broken=frozenset(named))
        decision = decide(held, seen, terms, adopted, now)
        value = values[decision.slot]
        if decision.phase is Phase.STAGED and value is not None:
            seen = replace(seen, unverified=kind.verify(decision.slot, value))
            decision = decide(held, seen, terms, adopted, now)
        elif held.published == generation and value:
            text = published_text(spec, kind.login(decision.slot), value, generation)
            if astray := tuple(spec.publish.astray(text)):
                seen = replace(seen, astray=astray)
                decision = decide(held, seen, terms, adopted, now)
        return cls(held, seen, decision, adopted, override)

    def note_adopted(self, spec: SecretSpec, journal: Journal) -> None:
        """Keep which consumers were seen with the published login: one that comes and goes may not be there again.

        Raises:
            JournalError: the journal can't be written.
        """
        slot = self.decision.slot
        generation = self.held.minted[slot]
        if self.held.published != generation:
            return
        new = {session.application for session in self.seen.using(slot)} & set(spec.terms.consumers)
        for name in sorted(new - self.adopted):
            row = events.SecretEvent(events.ADOPTED, generation, spec.name, name, run=engine_run())
            journal.write(spec.label, row)

    @property
    def base(self) -> str:
        """The hash of what a plan rests on: the slots, and the steps that follow. Who is connected is read anew."""
        slots = {name: encode(self.seen.slot(name)) for name in SLOTS}
        return fingerprint(f"{sorted(slots.items())} {self.decision.steps}")

    @property
    def phase(self) -> Phase:
        """The phase after this run."""
        steps, decision = self.decision.steps, self.decision
        if steps == (Step.STAGE,) and self.held.published == self.held.minted[decision.slot]:
            return decision.phase
        if steps and steps[-1] is Step.PUBLISH:  # the first one, or the one that is published already
            return beside(self.seen.slot(decision.other))
        return _AFTER[steps[-1]] if steps else self.decision.phase

    @property
    def accepted(self) -> list[str]:
        """The slots whose values are taken after this run: what whoever checks a value has to know."""
        decision = self.decision
        taken = {slot for slot in SLOTS if self.seen.slot(slot).state is SlotState.ISSUED}
        taken |= {decision.slot} if Step.STAGE in decision.steps else set()
        taken |= {decision.other} if Step.RESUME in decision.steps else set()
        return sorted(taken - ({decision.other} if Step.SUSPEND in decision.steps else set()))

    @property
    def published(self) -> int:
        """The generation that consumers are given after this run."""
        is_published = Step.PUBLISH in self.decision.steps
        return self.held.minted[self.decision.slot] if is_published else self.held.published


@dataclass
class CheckedSecret:
    """A secret as a resource that `advised.check` walks."""

    spec: SecretSpec
    held: Held
    values: Mapping[str, str | None]
    settings: Settings
    journal: Journal
    now: datetime
    exists: bool = False

    @property
    def about(self) -> About:
        """Say who it is; its server knows it by its label."""
        of_stack, override = self.settings, self.looked.override
        accepted = (replace(override, names=(self.spec.name,)),) if override else ()
        of_secret = About("secret", self.spec.name, self.spec.label, autonomy=of_stack.autonomy, claude=of_stack.claude)
        return replace(of_secret, overrides=accepted)

    @cached_property
    def looked(self) -> Looked:
        """What is seen; the server is asked once."""
        return Looked.at(self.spec, self.held, self.values, self.journal, self.now)

    def plan(self, edits: Sequence[Edit]) -> advised.Plan:
        """Weigh the steps of this run; there are no edits of a secret."""
        looked, spec = self.looked, self.spec
        decision, seen = looked.decision, looked.seen
        found = rules.judge(spec, seen, decision, self.now)
        slot = self._current()
        login = open_kind(spec, self.journal).login(slot)
        facts = self._facts()
        return advised.Plan(
            changes=self._changes(),
            digest=fingerprint(f"{facts} {found}"),
            facts=facts | {"desired": fingerprint(f"{found}")},
            advisor=RuleAdvisor(lambda: found, blocking={f"secret-{code}" for code in rules.BLOCKING}),
            inputs={
                PUBLISHED: self._published(),
                "phase": str(looked.phase),
                "published": looked.published,
                "abandoned": looked.held.abandoned,
                "slot": slot,
                "username": login.username,
                "address": login.place,
                "accepted": looked.accepted,
            },
            late=True,  # any input of it may come from another resource
            dated=tuple(f"its step {step}" for step in decision.steps if step is Step.REVOKE),
        )

    def refuse_rivals(self, journal: Journal) -> None:
        """Know no rival: its label is its URN, and its server refuses logins that bear another one."""

    def _current(self) -> str:
        """The slot that consumers are given after this run."""
        published = self.looked.published
        by_generation = {generation: slot for slot, generation in self.held.minted.items()}
        return by_generation.get(published, self.looked.decision.slot)

    def _changes(self) -> Changes:
        looked, before = self.looked, int(self.exists)
        reasons = [Reason(*_weighed(step, self.spec.name, looked)) for step in looked.decision.steps]
        return Changes(
            creates=1 - before,
            updates=int(bool(before and looked.decision.steps)),
            before=before,
            after=1,
            source=(before, 1),
            exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
            reasons=worst_first(reasons),
            base=looked.base,
        )

    def _published(self) -> dict[str, Any]:
        """Return the input property `secret_facts`: what policies judge (docs/contracts.md).

        A saved plan holds while it is the same, so who is connected stands here only where this run ends a login.
        """
        decision, spec = self.looked.decision, self.spec
        issued = self.looked.seen.slot(self._current()).at
        is_ending = bool({Step.SUSPEND, Step.REVOKE} & set(decision.steps))
        return {
            "name": spec.name,
            "kind": str(spec.kind),
            "max_age_hours": spec.max_age // timedelta(hours=1),
            "length": spec.length,
            "issued": f"{issued:%Y-%m-%d}" if issued else "",
            "steps": [str(step) for step in decision.steps],
            "consumers": list(spec.terms.consumers),
            "unproved": sorted({block.code for block in (*decision.blocks, *decision.broken)}) if is_ending else [],
        }

    def _facts(self) -> dict[str, Any]:
        looked, spec = self.looked, self.spec
        decision, seen = looked.decision, looked.seen
        return {
            "rules": rules.VERSION,
            "secret_kind": str(spec.kind),
            "phase": str(decision.phase),
            "steps": [str(step) for step in decision.steps],
            "generation": looked.held.minted[decision.slot],
            "published": looked.held.published,
            "old_sessions": len(seen.using(decision.other)),
            "new_sessions": len(seen.using(decision.slot)),
            "consumers": list(spec.terms.consumers),
            "blocks": [block.message for block in decision.blocks],
        }


def _override(spec: SecretSpec, journal: Journal, generation: int) -> Override | None:
    """Return what a person lets break, to end this generation at once."""
    wish = events.emergency(journal, spec.label, generation) if generation else None
    return Override(wish.broken, wish.until, wish.why) if wish else None


def _weighed(step: Step, name: str, looked: Looked) -> tuple[Exposure, str, str, str]:
    exposure, why = _WEIGHT[step]
    if step is Step.PUBLISH and looked.seen.astray:
        exposure, why = Exposure.LOW, f"consumers do not find what is published: {looked.seen.astray[0]}"
    elif step is Step.PUBLISH and not looked.held.published:
        exposure, why = Exposure.LOW, "it is the first one"
    elif step is Step.STAGE and looked.held.published == looked.held.minted[looked.decision.slot]:
        why = "its login is set again with the same value: it is missing somewhere, or has other rights"
    elif step in (Step.SUSPEND, Step.REVOKE) and looked.decision.broken:
        exposure, why = Exposure.CRITICAL, "; ".join(block.message for block in looked.decision.broken)
    return exposure, f"{name} secret", str(step), why

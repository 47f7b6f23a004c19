"""What is held and seen of a secret at one time, and what follows of it. `check` and `update` look each for itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sophia_infra.changes import fingerprint
from sophia_infra.changes.overrides import Override
from sophia_infra.engine_run import engine_run
from sophia_infra.journal import Journal
from sophia_infra.secrets import events
from sophia_infra.secrets.decisions import Decision, beside, decide
from sophia_infra.secrets.events import Ask
from sophia_infra.secrets.kinds import Comparing, Kind, SecretError, open_kind, published_text
from sophia_infra.secrets.phases import SLOTS, Block, Held, Phase, Seen, SlotState, Step, other_of
from sophia_infra.secrets.spec import SecretSpec

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
    cut_off: frozenset[int] = frozenset()
    """The generations of which this run has seen that their value is refused, or lost."""

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
        if _is_spoiled(spec, held, journal):
            held = replace(held, abandoned=0)
        newest, before = held.minted[held.wanted], other_of(held.wanted)
        has_other = bool(held.minted[before]) and seen.slot(before).state is SlotState.ISSUED  # and the state its value
        if has_other and _is_given_up(spec, held, journal, now):
            held = replace(held, abandoned=newest)
        generation = held.minted[held.wanted]
        stands = seen.slot(other_of(held.wanted))
        is_unsure = bool(seen.unsure) and stands.state is SlotState.SUSPENDED
        since = (stands.at or now) if is_unsure else None
        adopted = events.adopted(journal, spec.label, generation, since)
        is_used = stands.state in (SlotState.ISSUED, SlotState.SUSPENDED)
        override = _override(spec, journal, stands.generation) if is_used else None
        terms = spec.terms
        if override and override.holds(now):
            named = {"" if name == spec.name else name for name in override.names}
            terms = replace(terms, soak=timedelta(0), broken=frozenset(named))
        seen = replace(seen, cut_off=_cut_off(kind, held, seen, values))
        if seen.cut_off and is_used and events.cut_off(journal, spec.label, held.minted[other_of(held.wanted)]):
            seen = replace(seen, cut_off=tuple(replace(block, fix=_both_changed(spec)) for block in seen.cut_off))
        cut_off = {held.published} if seen.cut_off or held.is_lost else set()
        decision = decide(held, seen, terms, adopted, now)
        value = values[decision.slot]
        if decision.phase is Phase.STAGED and value is not None:
            seen = replace(seen, unverified=kind.verify(decision.slot, value))
            decision = decide(held, seen, terms, adopted, now)
            if seen.unverified and held.is_given_back and isinstance(kind, Comparing):
                cut_off |= {generation} if kind.cut_off(decision.slot, value) else set()
        elif held.published == generation and value:
            text = published_text(spec, kind.login(decision.slot), value, generation)
            if astray := tuple(spec.publish.astray(text)):
                seen = replace(seen, astray=astray)
                decision = decide(held, seen, terms, adopted, now)
        return cls(held, seen, _unless_closed(spec, held, decision), adopted, override, frozenset(cut_off))

    def note(self, spec: SecretSpec, journal: Journal) -> None:
        """Keep which consumers were seen with the published login: one that comes and goes may not be there again. One
        that has gone back to the login of before is kept as well, and has not moved until it is seen anew. That the
        login is refused, or its value lost, is kept too: the next run makes the next one. So is that a value was given
        up before consumers had it.

        Raises:
            JournalError: the journal can't be written.
        """
        slot, other = self.decision.slot, self.decision.other
        generation, published = self.held.minted[slot], self.held.published

        def keep(what: str, generation: int, consumer: str = "") -> None:
            row = events.SecretEvent(what, generation, spec.name, consumer, run=engine_run())
            journal.write(spec.label, row)

        for each in self.cut_off:
            if not events.cut_off(journal, spec.label, each):
                keep(events.CUT_OFF, each)
        if published != generation:
            return
        if (abandoned := self.held.abandoned) > published and events.is_unpublished(journal, spec.label, abandoned):
            keep(self.decision.phase, abandoned)
        new, old = ({session.application for session in self.seen.using(each)} for each in (slot, other))
        noted = dict.fromkeys(new - old - self.adopted, generation)
        noted |= dict.fromkeys(old & self.adopted, self.seen.slot(other).generation)
        for name in sorted(noted.keys() & set(spec.terms.consumers)):
            keep(events.ADOPTED, noted[name], name)

    def refuse_lost(self, spec: SecretSpec) -> None:
        """Refuse to go on with a value that the state has lost: consumers would be given an empty one.

        Raises:
            SecretError: it has lost it.
        """
        if lost := next((block for block in self.decision.blocks if block.code == "value-lost"), None):
            raise SecretError(f"{spec.name}: {lost.message}; {lost.fix}", code="secret-value-lost", subject=spec.name)

    @property
    def base(self) -> str:
        """The hash of what a plan rests on: the slots, and the steps that follow. Who is connected is read anew.

        Since when a slot is in its state is left out: a log that is cut moves that, and what follows of it is a step.
        """
        slots = [self.seen.slot(name) for name in SLOTS]
        return fingerprint(f"{[(slot.state, slot.generation, slot.is_whole) for slot in slots]} {self.decision.steps}")

    @property
    def is_repair(self) -> bool:
        """Whether the login that consumers have is set or published again, with the same value: no phase is passed."""
        serves = self.held.minted[self.decision.slot] == self.held.published
        return self.decision.steps in (((Step.STAGE,), (Step.PUBLISH,)) if serves else ((Step.RESUME,),))

    @property
    def phase(self) -> Phase:
        """The phase after this run."""
        steps = self.decision.steps
        if self.is_repair or not steps:
            return self.decision.phase
        if steps[-1] is Step.PUBLISH:  # the first one has none beside it
            return beside(self.seen.slot(self.decision.other))
        return _AFTER[steps[-1]]

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


def _cut_off(kind: Kind, held: Held, seen: Seen, values: Mapping[str, str | None]) -> tuple[Block, ...]:
    """Return why the login that consumers have takes its value no more.

    One that this run may suspend is not tried: a session of ours would look like somebody's.
    """
    slot = seen.slot(held.given)
    may_end = held.given != held.wanted and seen.slot(held.wanted).state is SlotState.ISSUED
    value = values[held.given] if held.given and not may_end else None
    if not value or slot.state is not SlotState.ISSUED or not slot.is_whole or not isinstance(kind, Comparing):
        return ()
    return kind.cut_off(held.given, value)


def _is_given_up(spec: SecretSpec, held: Held, journal: Journal, now: datetime) -> bool:
    """Return whether the login of before is to be published again: people say so, or a run before has seen that the new
    one is refused, and not that it is as well; unless an emergency ends it.
    """
    newest, before = held.minted[held.wanted], held.minted[other_of(held.wanted)]
    if events.wished(journal, spec.label, Ask.ABORT, newest):  # which gives no login back that is refused
        return not events.cut_off(journal, spec.label, before, engine_run())
    if not events.cut_off(journal, spec.label, newest, engine_run()) or events.cut_off(journal, spec.label, before):
        return False
    override = _override(spec, journal, before)
    return not (override and override.holds(now))


def _unless_closed(spec: SecretSpec, held: Held, decision: Decision) -> Decision:
    """Return a decision to stage or publish only where each place can take what is to be published."""
    is_next = Step.STAGE in decision.steps and held.published != held.minted[decision.slot]
    closed = spec.publish.closed() if is_next or Step.PUBLISH in decision.steps else ()
    blocks = [Block("unpublishable", "publish", why, "mend it, or leave it out of publish") for why in closed]
    return replace(decision, steps=(), blocks=(*decision.blocks, *blocks)) if blocks else decision


def _both_changed(spec: SecretSpec) -> str:
    """Return what gets people on where the login of before was changed by hand as well, and no slot is free."""
    names = " ".join(f"--override {name}" for name in (spec.name, *spec.terms.consumers))
    command = f"sophia secrets rotate {spec.name} {names} --until DAY --why TEXT"
    return f"the login of before was changed by hand as well, so a person says that it may be ended: {command}"


def _is_spoiled(spec: SecretSpec, held: Held, journal: Journal) -> bool:
    """Return whether the login of before, which is to be published again, was seen to be refused as well."""
    return held.is_given_back and events.cut_off(journal, spec.label, held.minted[held.wanted], engine_run())


def _override(spec: SecretSpec, journal: Journal, generation: int) -> Override | None:
    """Return what a person lets break, to end this generation at once."""
    wish = events.emergency(journal, spec.label, generation)
    return Override(wish.broken, wish.until, wish.why) if wish else None

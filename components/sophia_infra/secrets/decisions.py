"""The next step of a rotation, from what is held and what is seen. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sophia_infra.secrets.phases import (
    FREE,
    SLOTS,
    Block,
    Held,
    Phase,
    Seen,
    Session,
    Slot,
    SlotState,
    Step,
    Terms,
    other_of,
)

_RESTART = "restart it, or have it read the secret anew"
_CONFIRM = f"{_RESTART}; where nobody can see that: sophia secrets confirm"


@dataclass(frozen=True, slots=True)
class Decision:
    """The phase, the slot that should serve and the other one, the steps of this run, and what blocks the next.

    `broken` is what would block, and a person lets pass in an emergency.
    """

    phase: Phase
    slot: str
    other: str
    steps: tuple[Step, ...] = ()
    blocks: tuple[Block, ...] = ()
    broken: tuple[Block, ...] = ()


def next_generation(slot: str, own: int, seen: Seen, *, due: bool, dropped: bool = False) -> int:
    """Return the generation that a slot's value should have; `own` is the one that it has in the state.

    A value that is not on its server yet is kept, so a run that was cut off goes on with the same one; where its server
    makes the values, only while that has it still. One that is `dropped`, as its server refuses it, is not. A slot that
    is in use, or that a rotation is not through with, keeps its value too.
    """
    here, there = seen.slot(slot), seen.slot(other_of(slot))
    is_newest = own > max(seen.newest, there.generation) and not dropped
    is_kept = is_newest and here.state is not SlotState.GONE and here.generation <= own
    if seen.unread or here.state not in FREE or is_kept:
        return own
    is_first = there.state in FREE and slot == SLOTS[0] and own == 0
    is_next = there.state is SlotState.ISSUED and due
    return max(seen.newest, own) + 1 if is_newest or is_first or is_next else own


def beside(other: Slot) -> Phase:
    """Return the phase by the slot beside the one that is published."""
    return {SlotState.ISSUED: Phase.ADOPTING, SlotState.SUSPENDED: Phase.SUSPENDED}.get(other.state, Phase.STEADY)


def cut_off(held: Held, seen: Seen) -> tuple[Block, ...]:
    """Return why the login that consumers were given is refused; nothing where nothing shows that it is."""
    if not held.published or seen.unread:
        return ()
    slots = [seen.slot(name) for name in SLOTS]
    state = next((slot.state for slot in slots if slot.generation == held.published), SlotState.GONE)
    if state is SlotState.ISSUED:
        return seen.cut_off
    told = f"the login that consumers have is {state} at its server, which refuses them"
    fix = "run `pulumi up`: it lets them in again, or gives them the next login; then see that they have read it"
    return (Block("cut-off", "", told, fix),)


def decide(held: Held, seen: Seen, terms: Terms, adopted: frozenset[str], now: datetime) -> Decision:
    """Return where a rotation stands, and the steps of this run: at most one that can't be undone.

    `adopted` are the consumers that were seen with the published generation before.
    """
    slot, other = held.wanted, other_of(held.wanted)
    generation, here, there = held.minted.get(slot, 0), seen.slot(slot), seen.slot(other)
    if block := _unfounded(held, seen, slot):
        return Decision(held.phase, slot, other, (), (block,))
    is_lost = there.state is SlotState.ABSENT or (there.state is SlotState.ISSUED and not there.is_whole)
    if is_lost and held.published and held.published == held.minted.get(other) and not held.abandoned:
        return Decision(held.phase, slot, other, (Step.RESUME,))  # it serves, until the next one is published
    if here.generation < generation or here.state is not SlotState.ISSUED or not here.is_whole:
        return _set_anew(held, seen, slot, other)
    if held.published == generation and seen.astray:
        return Decision(beside(there), slot, other, (Step.PUBLISH,))
    if held.published == generation and there.state in FREE:
        return Decision(Phase.STEADY, slot, other)
    in_the_way = (*seen.gaps, *seen.cut_off, *_in_the_way(seen, terms, adopted, slot, other))
    blocks = tuple(block for block in in_the_way if block.subject not in (terms.broken or ()))
    broken = tuple(block for block in in_the_way if block not in blocks)
    if held.published != generation:
        return _staged(seen, terms, Decision(Phase.STAGED, slot, other, (), blocks, broken))
    if there.state is SlotState.ISSUED:
        back = () if there.is_whole or not held.minted.get(other) else (Step.RESUME,)  # some instance refuses it
        return Decision(Phase.ADOPTING, slot, other, back if blocks else (Step.SUSPEND,), blocks, broken)
    return _suspended(seen, terms, now, Decision(Phase.SUSPENDED, slot, other, (), blocks, broken))


def _unfounded(held: Held, seen: Seen, slot: str) -> Block | None:
    """Return why nothing can be decided: what is held and what is seen don't go together."""
    if seen.unread:
        return Block("unread", "", f"its server can't be read: {seen.unread}", "mend the login of `server`")
    generation = held.minted.get(slot, 0)
    if held.is_lost and any(seen.slot(name).state in FREE for name in SLOTS):
        told = "the state has lost the value of the login in use, as by --replace of a slot; that login works on"
        fix = "run `pulumi up` once more, which makes the next one; to begin a rotation: sophia secrets rotate"
        return Block("value-lost", "", told, fix)
    if not generation:
        told = "the state has no value of it, and its server has logins in both slots"
        fix = "bring back the newest state (pulumi stack import), or drop the login of both that nobody uses"
        return Block("value-lost", "", told, fix)
    if seen.newest <= generation or seen.newest == held.abandoned:
        return None
    told = f"its server has generation {seen.newest}, and the state {generation}"
    return Block("state-behind", "", told, "use the newest state; another stack or an old backup wrote this one")


def _set_anew(held: Held, seen: Seen, slot: str, other: str) -> Decision:
    """The value is in the state alone, or its login is not as asked everywhere: it is set with that value."""
    in_use = seen.using(slot) if seen.slot(slot).generation < held.minted[slot] else ()
    blocks = tuple(_late(session, "it is connected by the login that is to be set anew") for session in in_use)
    phase = beside(seen.slot(other)) if held.published == held.minted[slot] else Phase.MINTED
    is_served = held.published == held.minted[slot] or (held.given and not cut_off(held, seen))
    steps = (Step.STAGE,) if is_served else (Step.STAGE, Step.PUBLISH)
    return Decision(phase, slot, other, () if blocks else steps, blocks)


def _staged(seen: Seen, terms: Terms, found: Decision) -> Decision:
    """It is published once it works everywhere; in an emergency the login of before is refused in the same run."""
    if seen.unverified:
        return replace(found, blocks=seen.unverified, broken=())
    if terms.broken is None or seen.slot(found.other).state is not SlotState.ISSUED:
        return replace(found, steps=(Step.PUBLISH,), blocks=(), broken=())
    return replace(found, steps=(Step.PUBLISH,) if found.blocks else (Step.PUBLISH, Step.SUSPEND))


def _suspended(seen: Seen, terms: Terms, now: datetime, found: Decision) -> Decision:
    """The login of before is refused: who still has it open needs it back, and only proof ends it."""
    late, since = [block for block in found.blocks if block.code == "consumer-late"], seen.slot(found.other).at
    if late:
        return replace(found, steps=(Step.RESUME,), blocks=tuple(late))
    if seen.cut_off and terms.broken is None:  # nobody has a login that works, unless the one of before is taken again
        return replace(found, steps=(Step.RESUME,))
    if since is None:
        return replace(found, steps=(Step.SUSPEND,), blocks=())
    if terms.soak and now < since + terms.soak:  # without one, a log that begins right now makes nobody wait
        ends = f"{since + terms.soak:%Y-%m-%d %H:%M} UTC"
        told = f"its login of before stays refused until {ends} before it is ended"
        return replace(found, blocks=(*found.blocks, Block("soak", "", told, "wait, or shorten soak")))
    return found if found.blocks else replace(found, steps=(Step.REVOKE,))


def _in_the_way(seen: Seen, terms: Terms, adopted: frozenset[str], slot: str, other: str) -> Iterable[Block]:
    """Yield what keeps the login of before in use: who has it open, and who was not seen with the new one."""
    for session in seen.using(other):
        yield _late(session, "it still uses the login of before")
    moved = adopted | {session.application for session in seen.using(slot)}
    for name in terms.consumers:
        if name not in moved:
            yield Block("consumer-unseen", name, f"{name} was not seen with the new login yet", _CONFIRM)
    if not terms.consumers:
        told = "nobody says who uses it, so that nobody is connected by the login of before proves nothing"
        yield Block("consumers-unknown", "", told, "name them: consumers, by their application_name")


def _late(session: Session, why: str) -> Block:
    on = f" on {session.instance}" if session.instance else ""
    return Block("consumer-late", session.application or session.address, f"{session}{on}: {why}", _RESTART)

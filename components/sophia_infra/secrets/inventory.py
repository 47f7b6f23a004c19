"""What the journal knows of secrets, for people to look at, and what people ask of one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sophia_infra.journal import Journal, Recorded
from sophia_infra.secrets.events import ADOPTED, Ask, SecretEvent, SecretWish, seen_last, wished
from sophia_infra.secrets.kinds import SecretError
from sophia_infra.secrets.phases import Phase
from sophia_infra.values import known_are

_AFTER = {
    Phase.MINTED: Phase.MINTED,
    Phase.VERIFIED: Phase.STAGED,
    Phase.PUBLISHED: Phase.ADOPTING,
    Phase.REVOKED: Phase.STEADY,
}
"""The phase between two runs after an event of a phase that is only passed."""
NEXT = {
    Phase.STEADY: "the next value is made once this one is old",
    Phase.MINTED: "its login is made",
    Phase.STAGED: "it is published once it works everywhere",
    Phase.ADOPTING: "the login of before is refused once all consumers were seen with the new one",
    Phase.SUSPENDED: "the login of before is ended once its soak is over and nobody uses it",
}
"""What the next `pulumi up` does, by phase."""
_GIVEN_UP = "the rotation is given up: consumers are given the login of before"


@dataclass(frozen=True, slots=True)
class Known:
    """A secret by its events.

    Attributes:
        generation: the newest one; `published` is the one that consumers are given.
        since: when it came into its phase; `issued` when the published one was made. ISO 8601, UTC.
        consumers: who was seen with the published one.
        asked: what a person asks of the newest one, and no run has answered yet.
    """

    name: str
    label: str
    phase: Phase
    generation: int
    published: int
    since: str
    issued: str
    consumers: tuple[str, ...]
    asked: tuple[Ask, ...]
    next: str

    @property
    def line(self) -> str:
        """It in a line, for people."""
        return f"{self.name}  generation {self.published}  {self.phase} since {self.since[:19]}: {self.next}"


def known(journal: Journal) -> list[Known]:
    """Return the secrets that have events, by name.

    Raises:
        JournalError: the journal can't be read.
    """
    labels = journal.keys(SecretEvent, "")
    return sorted(
        (_known(journal, label, list(_recent(journal, label))) for label in labels), key=lambda each: each.name
    )


def pick(journal: Journal, name: str) -> Known:
    """Return the secret of a name or a label.

    Raises:
        SecretError: there is none, or several have the name.
    """
    every = known(journal)
    found = [each for each in every if name in (each.label, each.name)]
    if len(found) == 1:
        return found[0]
    names = [each.label if found else each.name for each in found or every]
    told = f"the journal knows {len(found) or 'no'} secrets named {name!r}; {known_are(name, names)}"
    raise SecretError(told, code="secret-unknown", field="NAME", value=name)


def history(journal: Journal, label: str) -> list[dict[str, Any]]:
    """Return what happened to a secret, newest first."""
    rows = journal.back(SecretEvent, label, foreign=True)
    return [{"time": row.time.isoformat(), **_shown(row.row)} for row in rows]


def ask(journal: Journal, secret: Known, wish: SecretWish) -> None:
    """Note what a person asks of a secret; the next `pulumi up` sees to it.

    Raises:
        SecretError: an abort comes too late, or there is nothing to abort.
        JournalError: it can't be noted.
    """
    if wish.ask is Ask.ABORT and secret.phase not in (Phase.MINTED, Phase.STAGED, Phase.ADOPTING):
        told = f"{secret.name} is {secret.phase}: a rotation can be aborted while it is staged or adopting"
        raise SecretError(told, code="secret-phase", subject=secret.name, value=str(secret.phase))
    if wish.broken or not wished(journal, secret.label, wish.ask, secret.generation):
        journal.write(secret.label, wish)


def confirm(journal: Journal, secret: Known, consumer: str, who: str, why: str) -> None:
    """Note that a consumer has the published login, by the word of a person: where no server can show it.

    Raises:
        SecretError: consumers do not move now.
        JournalError: it can't be noted.
    """
    moving = {Phase.ADOPTING, Phase.SUSPENDED}
    if Ask.ABORT in secret.asked:  # each has to be seen with the login of before, which was published all the while
        moving |= {Phase.MINTED, Phase.STAGED}
    if secret.phase not in moving:
        told = (
            f"{secret.name} is {secret.phase}: a consumer is confirmed once the login that it is to have is published"
        )
        raise SecretError(told, code="secret-phase", subject=secret.name, value=str(secret.phase))
    by = f"confirmed by {who}{why and f': {why}'}"
    journal.write(secret.label, SecretEvent(ADOPTED, secret.published, secret.name, consumer, by))


def _recent(journal: Journal, label: str) -> Iterator[Recorded[SecretEvent]]:
    """Yield the events of a secret, newest first, back to the making of the login that consumers are given."""
    published = 0
    for found in journal.back(SecretEvent, label, foreign=True):
        yield found
        event = found.row
        if event.what == Phase.PUBLISHED:
            published = published or event.generation
        elif (event.what, event.generation) == (Phase.MINTED, published):
            return


def _known(journal: Journal, label: str, rows: list[Recorded[SecretEvent]]) -> Known:
    steps = [row for row in rows if row.row.what in {*Phase}]
    newest = max(row.row.generation for row in rows)
    phase = _phase(steps[0].row.what, first=newest == 1) if steps else Phase.STEADY
    published = next((row.row.generation for row in steps if row.row.what == Phase.PUBLISHED), 0)
    issued = (row.time for row in steps if row.row.what == Phase.STAGED and row.row.generation == published)
    seen = {name for name, last in seen_last(row.row for row in rows).items() if last == published}
    asked = tuple(one for one in Ask if wished(journal, label, one, newest))
    before = (Phase.MINTED, Phase.STAGED, *([Phase.ADOPTING] if published == newest else []))
    is_given_up = Ask.ABORT in asked and phase in before
    if not is_given_up:  # a run has answered an abort
        asked = tuple(one for one in asked if one is not Ask.ABORT)
    since = _iso(row.time for row in steps)
    names = (rows[0].row.name, label)
    return Known(
        *names,
        phase,
        newest,
        published,
        since,
        _iso(issued),
        tuple(sorted(seen)),
        asked,
        _GIVEN_UP if is_given_up else NEXT[phase],
    )


def _phase(what: str, *, first: bool) -> Phase:
    phase = Phase(what)
    if first and phase is Phase.PUBLISHED:
        return Phase.STEADY
    return _AFTER.get(phase, phase)


def _iso(times: Iterable[datetime]) -> str:
    return next((time.isoformat() for time in times), "")


def _shown(event: SecretEvent) -> dict[str, Any]:
    return {"what": event.what, "generation": event.generation, "consumer": event.consumer, "run": event.run or ""}

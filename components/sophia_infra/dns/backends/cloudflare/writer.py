"""Carrying out the difference between a live zone and a desired one, and making sure of what became of it."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sophia_infra.changes import BaseMovedError
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.cloudflare import listing
from sophia_infra.dns.backends.cloudflare.batches import ORDER, Call, Step, calls, units
from sophia_infra.dns.backends.cloudflare.client import DENIED, PAUSES, Client, RefusedError, Told, UnansweredError
from sophia_infra.dns.backends.cloudflare.listing import Listing
from sophia_infra.dns.backends.cloudflare.records import Entry, entries
from sophia_infra.dns.backends.providers import SHOWN, named
from sophia_infra.dns.exposure import SetChange, changed_sets
from sophia_infra.dns.reader.problems import bounded
from sophia_infra.errors import SophiaError

FREE_BATCH, PAID_BATCH = 200, 3500
"""Operations in one batch, by plan (developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes)."""
_PAID = ("paid", "pro", "business", "enterprise")
_SHORT = 3  # characters: shorter values stand in every message
_POINTER = re.compile(r"\b(deletes|patches|posts)\W{1,2}([0-9]{1,6})\b")


@dataclass(slots=True)
class Writer:
    """Writes one zone once. `base` is what it was when that was decided; `read` lists it anew.

    `written` tells how many changes were carried out.
    """

    location: str
    domain: str
    base: Listing
    plan: str
    proxied: Sequence[str]
    client: Client
    read: Callable[[], Listing]
    written: int = 0
    _entries: list[Entry] = field(default_factory=list)
    _as_sent: bool = True

    def write(self, desired: str) -> Listing:
        """Make the zone as desired, and return it as it is then.

        Raises:
            BaseMovedError: another writer came between; nothing was written.
            BackendError: it can't be written; the message says what was.
        """
        live, pauses = self.base, iter(PAUSES)
        while todo := units(live, desired, self.domain, self.proxied):
            self._entries = list(live.entries)
            try:
                for call in calls(todo, PAID_BATCH if self.plan in _PAID else FREE_BATCH):
                    self._send(call)
            except UnansweredError as error:
                live = self._looked(desired, error, next(pauses, None))
            else:
                return self._made_sure(desired)
        return live

    def _send(self, call: Call) -> None:
        try:
            answer = self.client.change(call.method, self._zone.records_path + call.path, call.body)
        except UnansweredError:
            raise
        except RefusedError as refusal:
            raise self._refused(call.steps, refusal) from None
        except BackendError as error:
            raise self._stopped(error.code, str(error), error.subject) from None
        self._take(call.made(answer.get("result")), call.steps)

    def _refused(self, steps: Sequence[Step], refusal: RefusedError) -> SophiaError:
        """Say what a request was refused for: of one that is refused nothing is done, and nothing is sent after it."""
        if refusal.status not in DENIED and not self.written and self.read().base != self.base.base:
            return BaseMovedError(self.location)
        why = (_explained(steps, refusal.errors) or f"status {refusal.status}") + refusal.way_out
        culprits = _culprits(steps, refusal.errors)
        return self._stopped(refusal.code, f"Cloudflare refused {culprits}: {why}", culprits)

    def _take(self, told: Sequence[Mapping[str, Any]], steps: Sequence[Step]) -> None:
        """Keep account of the zone by what the API says it made of each step."""
        try:
            made = entries(told, self.domain)
        except BackendError:
            made = []
        changed = {entry.id: entry for entry in made}
        going = {step.content["id"] for step in steps if step.part == "deletes"}
        wanted = [step.record for step in steps if step.part != "deletes"]
        self._as_sent &= sorted(entry.record for entry in made) == sorted(wanted)
        self._entries = [changed.pop(entry.id, entry) for entry in self._entries if entry.id not in going]
        self._entries += changed.values()
        self.written += len(steps)

    def _looked(self, desired: str, error: UnansweredError, pause: float | None) -> Listing:
        """Find out whether a request was carried out whose answer was lost."""
        if pause is None:
            raise self._stopped(error.code, f"{error}, and neither to what was tried after it", error.subject) from None
        time.sleep(pause)
        live = self._read_back(f"{error}, so it is not known whether that was done")
        if moved := _moved(self.base.text, live.text, desired):
            message = f"{error}, and another writer changed {named(moved)} meanwhile"
            raise self._stopped("another-writer", message, named(moved)) from None
        before = len(changed_sets(self.base.text, desired))
        self.written = max(self.written, before - len(changed_sets(live.text, desired)))
        return live

    def _made_sure(self, desired: str) -> Listing:
        """Read the zone back where what the API told does not add up to what was decided."""
        if self._as_sent and self._count() == len(self._entries):
            return Listing(desired, self.base.serial, self._zone, tuple(self._entries))
        live = self._read_back(f"{self.written} changes were written")
        if differing := changed_sets(live.text, desired):
            subjects = named({change.subject for change in differing})
            raise BackendError(
                f"{self.location} does not hold what was written: {subjects}; another writer changed it, or Cloudflare "
                "holds it in another form: run the preview again and look at it",
                code="another-writer",
                subject=subjects,
                value=self.written,
            )
        return live

    def _count(self) -> int:
        try:
            return listing.count(self.client, self._zone)
        except BackendError as error:
            message = f"{self.written} changes were written, and can't be counted: {error}"
            raise BackendError(message, code="not-known", value=self.written) from None

    def _read_back(self, after: str) -> Listing:
        try:
            return self.read()
        except BackendError as error:
            message = f"{after}, and the zone can't be read back: {error}"
            raise BackendError(message, code="not-known", value=self.written) from None

    @property
    def _zone(self) -> listing.Zone:
        if self.base.zone is None:
            raise BackendError(
                f"there is no zone {self.domain} at Cloudflare to write to", code="no-zone", subject=self.domain
            )
        return self.base.zone

    def _stopped(self, code: str, message: str, subject: str) -> BackendError:
        """Return the error that ends the writing, with what was written until then: `value` counts it."""
        so_far = "nothing was written"
        if self.written:
            so_far = f"{self.written} changes were written before it, so run the preview again and look at what is left"
        return BackendError(f"{message}; {so_far}", code=code, subject=subject, value=self.written)


def _moved(base: str, live: str, desired: str) -> set[str]:
    """The record sets that are neither as they were, nor as they were to become, nor on the way from one to the other.

    One that takes several requests, as CAA does, has by then what it had and keeps, and some of what goes or comes.
    """
    before = {change.subject: change for change in changed_sets(base, desired)}
    return {
        change.subject
        for change in changed_sets(live, desired)
        if not (was := before.get(change.subject)) or not _on_the_way(was, change.old)
    }


def _on_the_way(change: SetChange, now: Mapping[str, int]) -> bool:
    kept, known = change.old.keys() & change.new.keys(), change.old.keys() | change.new.keys()
    ttls = {*change.old.values(), *change.new.values()}
    if change.old and change.new and not now:
        return False  # what comes does so before what goes
    return kept <= now.keys() <= known and ttls.issuperset(now.values())


def _culprits(steps: Sequence[Step], errors: Sequence[Told]) -> str:
    """Name the record sets that an error points at, or else speaks of; all of the batch where it does neither.

    `source.pointer` is of the form `/posts/0/content`, as far as it is known: the API's reference gives it no form.
    """
    found = list(_pointed(steps, errors)) or _spoken_of(steps, " ".join(error.message for error in errors))
    names = named({step.record.subject for step in found})
    return names if len(found) < len(steps) or len(steps) == 1 else f"one or more of {names}"


def _explained(steps: Sequence[Step], errors: Sequence[Told]) -> str:
    """Return what the API says. A value may be a secret that another resource made: what it repeats is left out."""
    values = sorted({value for step in steps for value in _values(step)}, key=len, reverse=True)
    messages = []
    for error in errors[:SHOWN]:
        message = f"{error.message} ({error.code})"
        for value in values:
            message = message.replace(value, "(its value)")
        messages.append(bounded(message))
    return ", ".join(messages)


def _pointed(steps: Sequence[Step], errors: Sequence[Told]) -> Iterator[Step]:
    parts = {part: [step for step in steps if step.part == part] for part in ORDER}
    for error in errors:
        found = _POINTER.search(error.pointer)
        if found and int(found[2]) < len(parts[found[1]]):
            yield parts[found[1]][int(found[2])]


def _spoken_of(steps: Sequence[Step], message: str) -> list[Step]:
    """Narrow a batch down by what the message repeats of it: ids, names, and then values."""
    found = list(steps)
    for words in (_sent("id"), _sent("name"), _values):
        found = [step for step in found if any(_stands_in(word, message) for word in words(step))] or found
    return found


def _stands_in(word: str, message: str) -> bool:
    """Whether it does as a word of its own: `a.example` does not stand in `data.example` or `a.example.net`."""
    whole = rf"(?<![\w-])(?<!\w\.){re.escape(word)}(?![\w-]|\.\w)"
    return word in message and re.search(whole, message) is not None


def _sent(key: str) -> Callable[[Step], set[str]]:
    return lambda step: {str(step.content[key])} if key in step.content else set()


def _values(step: Step) -> set[str]:
    """The value of a record in the forms in which the API may repeat it."""
    data = step.content.get("data")
    parts = data.values() if isinstance(data, Mapping) else ()
    sent = [step.record.rdata, *(part for part in (step.content.get("content"), *parts) if isinstance(part, str))]
    texts = {string for text in sent for string in (text, *text.strip('"').split('" "'))}
    texts |= {re.sub(r"\\(.)", r"\1", text) for text in texts}
    return {text for text in texts if len(text) > _SHORT}

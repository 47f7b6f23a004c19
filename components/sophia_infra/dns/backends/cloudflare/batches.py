"""From a live zone and a desired one to the requests that make one the other, breaking no lookup and no issuance. Pure.

One batch is one transaction: its deletes, then its patches, then its posts
(developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes). CAA records travel one by one:
Cloudflare's reference lists CAA among the types of a batch, but external-dns, which sends batches too, changes CAA by
single calls (provider/cloudflare/cloudflare_batch.go), and what a batch does not take undoes all of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sophia_infra.dns.backends.cloudflare.listing import Listing
from sophia_infra.dns.backends.cloudflare.records import (
    PROXIABLE,
    Entry,
    body,
    is_asked,
    object_type,
    proxied_owners,
    to_proxy,
)
from sophia_infra.dns.exposure import changed_sets
from sophia_infra.dns.rr.record import APEX, Record
from sophia_infra.dns.rr.rtype import ALIAS, ALIASES

ORDER = ("deletes", "patches", "posts")
"""The order in which Cloudflare carries out the parts of a batch."""
SINGLE = "CAA"
_ALONE = frozenset({"CNAME", "NS"})
"""Types that suffer no CAA beside them."""
_METHODS = {"posts": "POST", "patches": "PATCH", "deletes": "DELETE"}
_BATCH = "/batch"


class Step(NamedTuple):
    """One operation: the part of a batch it belongs to, what it says there, and the record that it is about."""

    part: str
    content: Mapping[str, Any]
    record: Record


class Unit(NamedTuple):
    """What happens at one owner name: but for its CAA, it stays together, so that no lookup finds it half changed."""

    owner: str
    steps: tuple[Step, ...]


class Call(NamedTuple):
    """One request that changes a zone, wholly or not at all; `path` goes on from that of the zone's records."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    steps: tuple[Step, ...]

    def made(self, result: Any) -> list[Mapping[str, Any]]:
        """Return the objects that an answer says were made or changed, as far as it makes sense."""
        if not isinstance(result, Mapping):
            return []
        if self.path == _BATCH:
            return [one for part in ("patches", "posts") for one in result.get(part) or () if isinstance(one, Mapping)]
        return [result] if self.method != "DELETE" else []


def units(live: Listing, desired: str, domain: str, proxied: Sequence[str]) -> list[Unit]:
    """Return what turns a live zone into a desired one: what comes first, what only goes last.

    `proxied` are patterns of names whose addresses and aliases are to be proxied; those that are stay so.

    Raises:
        BackendError: an object that Cloudflare lets nobody change, or that is no record, would have to go.
    """
    live.refuse_unreachable(desired)
    changes = changed_sets(live.text, desired)
    sets: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for change in changes:
        if change.subject not in APEX:  # an ALIAS and a CNAME of one name are one object
            sets[change.owner, object_type(change.type)] |= change.new
    unproxied = {_set_of(entry) for entry in to_proxy(live.entries, proxied)} - sets.keys()
    objects: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in live.entries if sets or unproxied else ():
        key, record = _set_of(entry), entry.record
        if key in unproxied:
            sets.setdefault(key, {})[record.rdata] = record.ttl
        if key in sets and entry.is_kept:
            sets[key].pop(record.rdata, None)
        elif key in sets:
            objects[key].append(entry)
    kept = proxied_owners(live.entries)
    steps: dict[str, list[Step]] = defaultdict(list)
    for (owner, rtype), wanted in sorted(sets.items()):
        behind = rtype in PROXIABLE and (owner in kept or is_asked(owner, proxied))
        shown = ALIAS if (owner, rtype) == ("@", "CNAME") else rtype
        records = [Record(owner, ttl, shown, rdata) for rdata, ttl in wanted.items()]
        steps[owner] += _steps(objects[owner, rtype], records, domain, behind)
    for made in steps.values():
        # as the server does them; a DS is refused until there is an NS beside it
        made.sort(key=lambda step: (ORDER.index(step.part), step.record.type == "DS"))
    found = [Unit(owner, tuple(made)) for owner, made in steps.items() if made]
    return sorted(found, key=lambda unit: all(step.part == "deletes" for step in unit.steps))


def _set_of(entry: Entry) -> tuple[str, str]:
    return entry.record.owner, object_type(entry.record.type)


def _steps(live: list[Entry], wanted: list[Record], domain: str, proxied: bool) -> Iterator[Step]:
    by_value = {record.rdata: record for record in wanted}
    for entry in live:
        record = by_value.get(entry.record.rdata)
        if record and (entry.proxied != proxied or not (proxied or entry.served_ttl == record.ttl)):
            yield _patch(entry, record, domain, proxied)
    held = {entry.record.rdata for entry in live}
    # in order, so that a CAA property takes the place of one of its kind
    gone = sorted((entry for entry in live if entry.record.rdata not in by_value), key=lambda entry: entry.record.rdata)
    fresh = sorted((record for record in wanted if record.rdata not in held), key=lambda record: record.rdata)
    for entry, record in zip(gone, fresh, strict=False):
        yield _patch(entry, record, domain, proxied)
    for entry in gone[len(fresh) :]:
        yield Step("deletes", {"id": entry.id}, entry.record)
    for record in fresh[len(gone) :]:
        yield Step("posts", body(record, domain, proxied=proxied), record)


def _patch(entry: Entry, record: Record, domain: str, proxied: bool) -> Step:
    """What it leaves out stays: the object's comment and tags."""
    content = {"id": entry.id, **body(record, domain, proxied=proxied)}
    if entry.served_ttl == record.ttl:
        content["ttl"] = entry.ttl
    return Step("patches", content, record)


def batches(found: Iterable[Unit], limit: int) -> Iterator[list[Unit]]:
    """Yield units in batches of at most `limit` steps; one that is larger is cut, what comes before what goes."""
    batch: list[Unit] = []
    size = 0
    for unit in (piece for whole in found for piece in _cut(whole, limit)):
        if size + len(unit.steps) > limit:
            yield batch
            batch, size = [], 0
        batch.append(unit)
        size += len(unit.steps)
    if batch:
        yield batch


def _cut(unit: Unit, limit: int) -> Iterator[Unit]:
    steps = unit.steps
    if len(steps) > limit and not any(step.record.type in ALIASES for step in steps):
        steps = tuple(sorted(steps, key=lambda step: step.part == "deletes"))
    for start in range(0, len(steps), limit):
        yield Unit(unit.owner, steps[start : start + limit])


def calls(found: Sequence[Unit], limit: int) -> Iterator[Call]:
    """Yield the requests for units in their order, with at most `limit` operations in a batch.

    CAA comes after the batches, except at a name that becomes an alias or a delegation: there it has to go first. Of
    one name's CAA, what comes does so before what goes: in between, each issuer may issue that may before or after.
    """
    steps = [step for unit in found for step in unit.steps]
    alone = [step.record for step in steps if step.part != "deletes" and step.record.type in _ALONE]
    becoming = {record.owner for record in alone} - {"@"}
    single = [step for step in steps if step.record.type == SINGLE]
    yield from _singly(step for step in single if step.record.owner in becoming)
    rest = ((unit.owner, tuple(step for step in unit.steps if step.record.type != SINGLE)) for unit in found)
    for batch in batches((Unit(owner, left) for owner, left in rest if left), limit):
        yield _batched([step for unit in batch for step in unit.steps])
    yield from _singly(step for step in single if step.record.owner not in becoming)


def _batched(steps: Sequence[Step]) -> Call:
    parts: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for step in steps:
        parts[step.part].append(step.content)
    return Call("POST", _BATCH, dict(parts), tuple(steps))


def _singly(steps: Iterable[Step]) -> Iterator[Call]:
    for step in sorted(steps, key=_issuance_order):
        content = {name: value for name, value in step.content.items() if name != "id"}
        path = f"/{step.content['id']}" if "id" in step.content else ""
        yield Call(_METHODS[step.part], path, content or None, (step,))


def _issuance_order(step: Step) -> tuple[int, bool]:
    # while `issue` stands alone it speaks for wildcards too (RFC 8659 section 4.3), so it comes last and goes first
    is_issue = step.record.rdata.split(" ")[1].lower() == "issue"
    return list(_METHODS).index(step.part), is_issue != (step.part == "deletes")

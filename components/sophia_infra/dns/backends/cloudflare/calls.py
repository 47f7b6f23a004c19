"""From operations to the requests that carry them out, in an order that breaks no lookup and no issuance. Pure.

Records travel in batches, CAA records one by one. Cloudflare's reference lists CAA among the types of a batch, but
external-dns, which sends batches too, changes CAA by single calls (provider/cloudflare/cloudflare_batch.go), and what a
batch does not take undoes all of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sophia_infra.dns.backends.cloudflare.batches import Step, Unit, batches

SINGLE = "CAA"
_ALONE = frozenset({"CNAME", "NS"})
"""Types that suffer no CAA beside them."""
_METHODS = {"posts": "POST", "patches": "PATCH", "deletes": "DELETE"}


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


_BATCH = "/batch"


def calls(found: Sequence[Unit], limit: int) -> Iterator[Call]:
    """Yield the requests for units in their order, with at most `limit` operations in a batch.

    CAA comes after the batches, except at a name that becomes an alias or a delegation: there it has to go first. Of
    one name's CAA, what comes does so before what goes: in between, each issuer may issue that may before or after.
    """
    becoming = {unit.owner for unit in found if any(_stands_alone(step) for step in unit.steps)}
    single = [step for unit in found for step in unit.steps if step.record.type == SINGLE]
    yield from _singly(step for step in single if step.record.owner in becoming)
    for batch in batches(_without_single(found), limit):
        yield _batched([step for unit in batch for step in unit.steps])
    yield from _singly(step for step in single if step.record.owner not in becoming)


def _stands_alone(step: Step) -> bool:
    return step.part != "deletes" and step.record.type in _ALONE and step.record.owner != "@"


def _without_single(found: Iterable[Unit]) -> Iterator[Unit]:
    for unit in found:
        if steps := tuple(step for step in unit.steps if step.record.type != SINGLE):
            yield Unit(unit.owner, steps)


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

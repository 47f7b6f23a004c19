"""From two canonical zone texts to one `Changes`."""

from collections.abc import Iterable, Iterator

from sophia_infra.changes.fingerprint import fingerprint
from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange, changed_sets
from sophia_infra.dns.exposure.type_changes import joined
from sophia_infra.dns.exposure.weigh import weigh, weigh_protected, weigh_source


def between(
    base: str,
    desired: str,
    *,
    origin: str,
    previous: str | None = None,
    whole: str | None = None,
    protect: Iterable[str] = (),
    pending: Iterable[str] = (),
    relied_on: Iterable[tuple[str, str]] = (),
) -> Changes:
    """Return what an apply would do to a zone. Pure: the same texts give the same changes, everywhere.

    Args:
        base: canonical text of what is live now; empty where there is no zone yet.
        desired: canonical text of what is asked for.
        origin: the zone's name, to tell which names in RDATA are its own.
        previous: the last applied desired text, to tell whether the source itself shrank; None at first.
        whole: canonical text of the whole zone afterwards, where `base` and `desired` are but a part of it that one
            stack manages: what is foreign does not change, but may point at what does; None for the same as `desired`.
        protect: owner names, or `owner TYPE` subjects, that must not be deleted; `?` and `*` match as in a shell.
        pending: subjects whose values are not known before the apply.
        relied_on: full names that something outside the zone needs, each with what that is: `the certificate web`.
    """
    raw, expected = changed_sets(base, desired), tuple(pending)
    sets = joined(raw)
    zone = Graph(desired if whole is None else whole, origin, base=base, pending=expected, relied_on=relied_on)
    asked = zone if whole is None else Graph(desired, origin, pending=expected)
    after = asked.set_count
    before = after - _count(raw, "create") + _count(raw, "delete")
    asked_before = after if previous is None else before if previous == base else Graph(previous, origin).set_count
    reasons = [
        *_emptied(base, zone, previous if whole is None else None, origin),
        *weigh_source(asked_before, after),
        *weigh_protected(sets, tuple(protect)),
        *[weigh(change, zone) for change in sets],
    ]
    return Changes(
        creates=_count(sets, "create"),
        updates=_count(sets, "update", "replace"),
        deletes=_count(sets, "delete"),
        ttl_only=sum(change.ttl_only for change in sets),
        type_changes=_count(sets, "replace"),
        before=before,
        after=after,
        source=(asked_before, after),
        pending=tuple(sorted(expected)),
        exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
        reasons=worst_first(reasons),
        base=fingerprint(base),
    )


def _count(sets: Iterable[SetChange], *operations: str) -> int:
    return sum(change.operation in operations for change in sets)


def _emptied(base: str, zone: Graph, previous: str | None, origin: str) -> Iterator[Reason]:
    """What it means that nothing is left; a part of a zone, of which nothing is `previous` here, may be taken out."""
    if not zone.is_bare:
        return
    held = {"the zone is emptied": base, "the source vanished": previous or ""}
    for why, text in held.items():
        if not Graph(text, origin).is_bare:
            yield Reason(Exposure.CRITICAL, "@ ANY", "delete", why)

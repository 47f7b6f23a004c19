"""From two canonical zone texts to one `Changes`."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase

from sophia_infra.changes.graph import Graph
from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.changes.sets import SetChange, changed_sets
from sophia_infra.changes.weigh import weigh


def fingerprint(text: str) -> str:
    """Return the hash that stands for a state: SHA-256 of its canonical text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def between(
    base: str,
    desired: str,
    *,
    origin: str,
    previous: str | None = None,
    whole: str | None = None,
    protect: Iterable[str] = (),
    pending: Iterable[str] = (),
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
    """
    sets = changed_sets(base, desired)
    kinds = Counter(change.operation for change in sets)
    asked = Graph(desired, origin)
    zone = asked if whole is None else Graph(whole, origin)
    after = asked.set_count
    before = after - kinds["create"] + kinds["delete"]
    asked_before = after if previous is None else before if previous == base else Graph(previous, origin).set_count
    reasons = [weigh(change, zone) for change in sets]
    reasons += _protected(sets, tuple(protect)) + _emptied(base, asked, previous, origin)
    return Changes(
        creates=kinds["create"],
        updates=kinds["update"],
        deletes=kinds["delete"],
        ttl_only=sum(change.operation == "update" and change.ttl_only for change in sets),
        before=before,
        after=after,
        source=(asked_before, after),
        pending=tuple(sorted(pending)),
        exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
        reasons=worst_first(reasons),
        base=fingerprint(base),
    )


def _emptied(base: str, asked: Graph, previous: str | None, origin: str) -> list[Reason]:
    if not asked.is_bare:
        return []
    held = {"the zone is emptied": base, "the source vanished": previous or ""}
    return [
        Reason(Exposure.CRITICAL, "@ ANY", "delete", why)
        for why, text in held.items()
        if not Graph(text, origin).is_bare
    ]


def _protected(sets: list[SetChange], protect: tuple[str, ...]) -> list[Reason]:
    return [
        Reason(
            Exposure.CRITICAL,
            change.subject,
            change.operation,
            "protected: the program says never to delete it",
        )
        for change in sets
        if change.operation == "delete" and any(covers(pattern, change.subject) for pattern in protect)
    ]


def covers(pattern: str, subject: str) -> bool:
    """Whether a pattern names a subject: `www`, `www A`, `ns? A`; an owner alone covers all its types.

    A `*` owner is the zone's wildcard itself, never a pattern.
    """
    owner, _, kind = subject.partition(" ")
    wanted, _, wanted_kind = pattern.strip().partition(" ")
    return _matches(wanted.lower(), owner) and (not wanted_kind or fnmatchcase(kind, wanted_kind.upper()))


def _matches(wanted: str, owner: str) -> bool:
    if wanted == "*" or wanted.startswith("*."):
        return owner == wanted
    return fnmatchcase(owner, wanted)

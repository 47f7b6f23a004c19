"""From two canonical zone texts to one `Changes`."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from sophia_infra.changes.graph import Graph
from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.changes.sets import SetChange, changed_sets
from sophia_infra.changes.type_changes import joined
from sophia_infra.changes.weigh import weigh, weigh_source


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
    sets = changed_sets(base, desired)
    raw = Counter(change.operation for change in sets)
    sets = joined(sets)
    kinds = Counter(change.operation for change in sets)
    expected = tuple(pending)
    zone = Graph(desired if whole is None else whole, origin, pending=expected, relied_on=relied_on)
    asked = zone if whole is None else Graph(desired, origin, pending=expected)
    after = asked.set_count
    before = after - raw["create"] + raw["delete"]
    asked_before = after if previous is None else before if previous == base else Graph(previous, origin).set_count
    reasons = [
        *_emptied(base, asked, previous, origin),
        *weigh_source(asked_before, after),
        *_protected(sets, tuple(protect)),
        *[weigh(change, zone) for change in sets],
    ]
    return Changes(
        creates=kinds["create"],
        updates=kinds["update"] + kinds["replace"],
        deletes=kinds["delete"],
        ttl_only=sum(change.ttl_only for change in sets),
        type_changes=kinds["replace"],
        before=before,
        after=after,
        source=(asked_before, after),
        pending=tuple(sorted(expected)),
        exposure=max((reason.exposure for reason in reasons), default=Exposure.NONE),
        reasons=worst_first(reasons),
        base=fingerprint(base),
    )


def _emptied(base: str, asked: Graph, previous: str | None, origin: str) -> Iterator[Reason]:
    if not asked.is_bare:
        return
    held = {"the zone is emptied": base, "the source vanished": previous or ""}
    for why, text in held.items():
        if not Graph(text, origin).is_bare:
            yield Reason(Exposure.CRITICAL, "@ ANY", "delete", why)


def _protected(sets: Iterable[SetChange], protect: tuple[str, ...]) -> Iterator[Reason]:
    """A name whose type changes still leads somewhere: only a pattern that names the old type protects against that."""
    for change in sets:
        patterns = (
            protect if change.operation == "delete" else [pattern for pattern in protect if " " in pattern.strip()]
        )
        if change.operation in ("delete", "replace") and any(covers(pattern, change.subject) for pattern in patterns):
            why = "protected: the program says never to delete it"
            yield Reason(Exposure.CRITICAL, change.subject, change.operation, why)


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

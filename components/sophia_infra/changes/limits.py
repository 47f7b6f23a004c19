"""Limits: how much one apply may change. They fail closed, and each violation says what accepts it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from sophia_infra.changes.model import PROTECTED, Changes, Exposure, covers, subject_of

_LEVELS = frozenset(str(exposure) for exposure in Exposure)


@dataclass(frozen=True, slots=True)
class Violation:
    """One limit that a change goes beyond.

    Attributes:
        limit, value, allowed: which limit, the number, and what it allows.
        what: what goes beyond it: a reason, or a count.
        accept: the words that accept it, as SOPHIA_ACCEPT takes them: a subject (`@ MX`) or a limit (`max_deletes=12`).
            Empty where nothing does.
    """

    limit: str
    value: str
    allowed: str
    what: str
    accept: str

    def __str__(self) -> str:
        return f"{self.what}; {self.limit} is {self.allowed}"

    @property
    def subject(self) -> str:
        """What it is about, as `@ MX`; empty for a count, for what is not known yet, and for advice."""
        return self.accept if self.accept == subject_of(self.what) else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one apply may change; the defaults are documented, with their reasons, in docs/limits.md.

    Attributes:
        max_deletes: objects, such as record sets, that may be deleted at once; None for no absolute cap.
        max_delete_share: the same as a share of those that exist, counted beyond `floor`.
        max_updates: objects whose values may change at once; a TTL alone does not count; None for no cap.
        max_update_share: the same as a share of those that exist, counted beyond `floor`.
        max_source_shrink: the share by which the source may shrink since it was last applied, beyond `floor`.
        floor: so many may always be deleted or updated, however few there are.
        max_exposure: the highest exposure that may pass; that something protected is deleted passes by its name alone.
        allow: subjects (`@ MX`, `www`) whose exposure is accepted, beside those in `accepted` of the changes; the
            zone as a whole (`@ ANY`) is none, and counts are still limited.
    """

    max_deletes: int | None = 100
    max_delete_share: float = 0.25
    max_updates: int | None = None
    max_update_share: float = 0.5
    max_source_shrink: float = 0.25
    floor: int = 10
    max_exposure: Exposure = Exposure.HIGH
    allow: tuple[str, ...] = field(default=())

    def judge(self, changes: Changes, unit: str = "objects") -> tuple[Violation, ...]:
        """Return what goes beyond the limits; nothing means that the change may pass.

        `unit` is what the changes count, in the plural: `record sets`, `certificates`.
        """
        deletes, updates, existing = changes.deletes, changes.rewrites, changes.before
        before, after = changes.source
        of, shrank = f"of {existing} {unit}", f"the source shrank from {before} to {after} {unit}"
        return (
            *self._cap("max_deletes", deletes, f"{unit} deleted"),
            *self._share("max_delete_share", deletes, existing, f"deletes {deletes} {of}"),
            *self._cap("max_updates", updates, f"{unit} updated"),
            *self._share("max_update_share", updates, existing, f"updates {updates} {of}"),
            *self._share("max_source_shrink", before - after, before, shrank, "; look whether it was read whole"),
            *self._exposed(changes),
        )

    def _cap(self, limit: str, count: int, what: str) -> Iterator[Violation]:
        cap = getattr(self, limit)
        if cap is not None and count > cap:
            yield Violation(limit, str(count), str(cap), f"{count} {what}", f"{limit}={count}")

    def _share(self, limit: str, count: int, existing: int, what: str, look: str = "") -> Iterator[Violation]:
        share = getattr(self, limit)
        if count > self.floor and count > share * existing:
            actual = count / max(existing, 1)
            enough = min(math.ceil(100 * actual) / 100, 1)
            told = f"{what} ({actual:.0%}){look}"
            yield Violation(limit, f"{actual:.0%}", f"{share:.0%}", told, f"{limit}={enough:g}")

    def _exposed(self, changes: Changes) -> Iterator[Violation]:
        beyond = list(takewhile(self._is_beyond, changes.reasons))
        if changes.exposure > self.max_exposure and not beyond:
            beyond = [f"an exposure of {changes.exposure} that no reason explains"]
        limit, allowed = "max_exposure", str(self.max_exposure)
        for reason in beyond:
            level, subject = reason.partition(" ")[0], subject_of(reason)
            if level not in _LEVELS and any(last.endswith(PROTECTED) for last in changes.reasons[-2:-1]):
                what = f"{reason} may be protected too: take what is to go out of `protect`, or go in smaller steps"
                yield Violation(limit, "unknown", allowed, what, "")
            elif level not in _LEVELS:
                what = f"{reason} may be worse: apply the change in smaller steps"
                yield Violation(limit, "unknown", allowed, what, f"{limit}={changes.exposure}")
            elif subject not in changes.accepted and not self._allows(subject):
                yield Violation(limit, level, allowed, reason, subject)

    def _is_beyond(self, reason: str) -> bool:
        """Say whether a reason, of which the worst come first, is beyond the ceiling, or holds some that may be."""
        level = reason.partition(" ")[0]
        return level not in _LEVELS or Exposure.parse(level) > self.max_exposure or reason.endswith(PROTECTED)

    def _allows(self, subject: str) -> bool:
        return not subject.endswith(" ANY") and any(covers(pattern, subject) for pattern in self.allow)

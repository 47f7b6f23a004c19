"""The gate for a resource that leaves its stack: what it holds goes with it, and weighs as if it were deleted there."""

from dataclasses import dataclass, replace

from sophia_infra import clock
from sophia_infra.advised.limits import BeyondLimitsError, accept, violations
from sophia_infra.advised.resource import About
from sophia_infra.advised.this_run import ThisRun, for_others, this_run, to_accept
from sophia_infra.changes import PROTECTED, Changes, Exposure, Limits, subject_of
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR, Reporter
from sophia_infra.values import listed

SHOWN = 5
"""How many sets that no override names are listed."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A resource that leaves, with all that it holds.

    Attributes:
        changes: what goes, weighed as the change that it is.
        subjects: all that overrides may name. A reason about the whole (`@ ANY`) is accepted where they name each.
    """

    about: About
    changes: Changes
    subjects: tuple[str, ...] = ()

    def __str__(self) -> str:
        goes = f"{self.changes.deletes} {self.about.unit} go" if self.about.unit else "goes"
        return f"{self.about}: {goes}, exposure {self.changes.exposure}"


def refuse_leaving(
    leaving: Leaving, ceiling: Exposure, journal: Journal, way_out: str = "", reporter: Reporter = STDERR
) -> None:
    """Say what leaves, and refuse it where more hangs on it than `ceiling`, and no override accepts that.

    `way_out` says what lets it through.

    Raises:
        BeyondLimitsError: it may not leave; nothing was removed.
        JournalError: an override is needed and can't be journaled, so that it must not be used.
    """
    limits = Limits(max_deletes=None, max_delete_share=1, max_source_shrink=1, max_exposure=ceiling)
    about = replace(leaving.about, limits=limits)
    worst = next((reason for reason in leaving.changes.reasons if not subject_of(reason).endswith(" ANY")), "")
    reporter.say_once(f"{leaving}{worst and f'; {worst}'}")
    changes, run = accept(leaving.changes, about, journal, reporter), this_run(str(about))
    unnamed = _unnamed(leaving, run)
    if not unnamed:
        whole = [subject for subject in map(subject_of, changes.reasons) if subject.endswith(" ANY")]
        changes = replace(changes, accepted=(*changes.accepted, *whole))
    if beyond := violations(changes, about, run=run):
        lines = [violation.what for violation in beyond if " ANY " not in violation.what]
        lines += [f"no override names {listed(unnamed, SHOWN)}"] if unnamed else []
        told = "".join(f"\n  - {line}" for line in lines) + for_others(str(about))
        if protected := [violation.accept for violation in beyond if violation.what.endswith(PROTECTED)]:
            way_out += f" {to_accept(str(about), protected)}"
        raise BeyondLimitsError(
            f"{leaving}; nothing was removed, because max_exposure of the guard is {ceiling}:{told}\n{way_out}",
            field="max_exposure",
            value=leaving.changes.exposure,
            limit=ceiling,
        )


def _unnamed(leaving: Leaving, run: ThisRun) -> list[str]:
    """What goes that nothing accepts today."""
    valid = [override for override in (*leaving.about.overrides, *run.overrides) if override.holds(clock.now())]
    if any(override.accepts("@ ANY") for override in valid):
        return []
    return [subject for subject in leaving.subjects if not any(override.accepts(subject) for override in valid)]

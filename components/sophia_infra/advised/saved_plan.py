"""Saved plans and values that come late: the apply of a plan publishes what the preview that saved it did.

`pulumi up --plan` refuses inputs other than those of the plan, but for what was unknown there. `changes` and `advice`
are known at preview, since policies judge them, and once a late value has come they are others. So the apply publishes
those of the preview again, and what it does in truth as `resolved`, which the preview leaves unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sophia_infra.changes import RESOLVED, BaseMovedError
from sophia_infra.engine_run import UNKNOWN, plan_seed
from sophia_infra.journal import Journal, JournalError, Kind, Row
from sophia_infra.reporter import STDERR, Reporter


@dataclass(frozen=True, slots=True)
class PreviewRow(Row):
    """What a preview published of a resource, some of whose values were not known: its `changes` and `advice`."""

    KIND: ClassVar = Kind.PLAN
    RESOURCE: ClassVar = "preview"

    changes: Mapping[str, Any]
    advice: Mapping[str, Any]


def as_previewed(
    published: Mapping[str, Any],
    location: str,
    journal: Journal,
    reporter: Reporter = STDERR,
    *,
    base_follows: bool = False,
) -> dict[str, Any]:
    """Return what `check` publishes, as a saved plan lets it pass.

    Without a plan, or where nothing of it came late, that is what is given. `base_follows` is as in `Plan`.

    Raises:
        BaseMovedError: what the saved plan was made against is no longer so.
    """
    changes, seed = published["changes"], plan_seed()
    shown = _shown(published, f"plan {seed}", journal, reporter) if seed else None
    if shown:
        bases = {shown.changes["base"], changes["base"]} - {""}  # empty while that was not known either
        if len(bases) > 1 and not base_follows:
            raise BaseMovedError(location)
    if changes["pending"]:
        return {**published, RESOLVED: UNKNOWN}
    if shown is None:
        return dict(published)
    resolved = {"changes": changes, "advice": published["advice"]}
    return {**published, "changes": dict(shown.changes), "advice": dict(shown.advice), RESOLVED: resolved}


def _shown(published: Mapping[str, Any], key: str, journal: Journal, reporter: Reporter) -> PreviewRow | None:
    """What the preview published that saved the plan; it is kept where this may be that preview."""
    row = PreviewRow(published["changes"], published["advice"])
    try:
        if published["changes"]["pending"]:
            return journal.write_once(key, row)
        found = journal.last(PreviewRow, key, foreign=True)  # the engine holds it against the plan
    except JournalError as error:
        reporter.say_once(f"a plan saved now will not hold, since what is pending is not journaled: {error}")
        return None
    return found.row if found else None

"""What `delete` does for a zone: it takes this stack's records away, and never those that another resource took on."""

from collections.abc import Mapping
from typing import Any

from sophia_infra.advice import report
from sophia_infra.advice.chain import Kind
from sophia_infra.advice.journal import Journal
from sophia_infra.dns.apply import claim, written_by
from sophia_infra.dns.backends import Backend, Live, backup
from sophia_infra.dns.frame import frame_of
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.records import to_text


def remove(props: Mapping[str, Any], journal: Journal, backend: Backend) -> None:
    """Take this stack's records away: the whole zone where nobody else has a part in it. A way back is kept.

    A zone that another resource wrote in the same run stays: the resource was renamed, or the zone moves, and the world
    asks the old home until its delegation has changed.

    Raises:
        BackendError: the zone can't be read or written, or no copy of it can be kept.
        JournalError: the intent can't be written; nothing was done.
    """
    mine = claim(props, props.get("holder"))
    if _has_successor(mine, journal):
        report.say_once(
            f"zone {props['domain']}: its records at {backend.place} stay, because another resource of this run "
            "serves the zone; take them away by hand once nobody asks there"
        )
        return
    journal.append(Kind.INTENT, backend.place, {**mine, "removed": True})
    _take_away(props, backend)
    journal.append(Kind.OUTCOME, backend.place, {**mine, "removed": True})


def _has_successor(mine: Mapping[str, Any], journal: Journal) -> bool:
    """Whether another resource wrote the same part of the zone in this run, or last, where runs can't be told."""
    rows = [entry.value for entry in journal.newest(Kind.OUTCOME)]
    same = [row for row in rows if all(row.get(name) == mine[name] for name in ("domain", "manage", "run"))]
    decisive = same if mine["run"] else same[:1]
    return any(row["holder"] != mine["holder"] and not row.get("removed") for row in decisive)


def _take_away(props: Mapping[str, Any], backend: Backend) -> None:
    ownership = Ownership.from_inputs(props.get("manage"), props.get("ignore"))

    def decide(live: Live) -> str:
        kept = ownership.aim(live.text, "", lambda: written_by(props)).foreign
        return to_text([*kept, *frame_of(live.text)])

    live = backend.read()
    target = ownership.aim(live.text, "", lambda: written_by(props)) if live.text else None
    if target and target.foreign:
        backup.keep(live, props["domain"])
        backend.apply(decide)
    elif ownership.is_whole:
        backend.remove()

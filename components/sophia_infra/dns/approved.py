"""Approved edits, carried into a zone's text for as long as the program still asks for what they mend. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sophia_infra.advice.model import Edit
from sophia_infra.dns.desired import merged
from sophia_infra.dns.reader import check_zone
from sophia_infra.dns.records import from_text

APPLIED, REJECTED = "applied", "rejected"


def with_edits(text: str, edits: Sequence[Edit], domain: str) -> tuple[str, list[Edit]]:
    """Return canonical zone text with edits applied, and each edit with what became of it.

    An edit is rejected where its record is no longer in the text (the program was mended, or the value comes from
    elsewhere), or where no name server would load the zone with it.
    """
    accepted = _faults(text, domain) if edits else set()
    done = []
    for edit in edits:
        edited = _edited(text, edit)
        sound = edited is not None and _faults(edited, domain) <= accepted
        text = edited if sound and edited is not None else text
        done.append(replace(edit, state=APPLIED if sound else REJECTED))
    return text, done


def carried(olds: Mapping[str, Any]) -> list[Edit]:
    """Return the edits that were approved and applied before, from a zone's old inputs."""
    return [Edit(**one) for one in olds.get("edits") or ()]


def as_input(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Return the applied edits as the `edits` property holds them."""
    return [asdict(edit) for edit in edits if edit.state == APPLIED]


def _edited(text: str, edit: Edit) -> str | None:
    lines = f"\n{text}"
    before = f"\n{edit.before}\n"
    if not edit.before or before not in lines:
        return None
    kept = lines.replace(before, "\n", 1)[1:]
    return merged(kept, from_text(f"{edit.after}\n") if edit.after else [])


def _faults(text: str, domain: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.subject) for problem in check_zone(from_text(text), domain)}

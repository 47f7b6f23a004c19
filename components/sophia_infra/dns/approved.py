"""Approved edits, carried into a zone's text for as long as the program still asks for what they mend. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sophia_infra.advice.model import Edit
from sophia_infra.dns.desired import merged
from sophia_infra.dns.reader import check_zone
from sophia_infra.dns.records import Record, from_text

APPLIED, REJECTED = "applied", "rejected"


def with_edits(text: str, edits: Sequence[Edit], domain: str, taken: Collection[str] = ()) -> tuple[str, list[Edit]]:
    """Return canonical zone text with edits applied, and each edit with what became of it.

    `taken` are the record sets that the program asks for otherwise than by this text. An edit is rejected where a
    record it is for is no longer in the text (the program was mended, or the value comes from elsewhere), where the
    program has come to ask for a set that the edit adds or misses, or where no name server would load the zone with it.
    """
    accepted = _faults(text, domain) if edits else set()
    asked = {*taken, *(record.subject for record in from_text(text))} if edits else set()
    done = []
    for edit in edits:
        edited = _edited(text, edit, asked)
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


def _edited(text: str, edit: Edit, asked: Collection[str]) -> str | None:
    lines = f"\n{text}"
    new = _records(edit.new)
    here = {record.subject for record in _records(edit.asked)}
    is_asked = bool(here) and all(f"\n{line}\n" in lines for line in edit.asked)
    is_served = any(subject in asked for subject in edit.until.split("\n"))
    if not is_asked or is_served or any(_clashes(record, here, asked) for record in new):
        return None
    for line in edit.lost:
        lines = lines.replace(f"\n{line}\n", "\n", 1)
    return merged(lines[1:], new)


def _records(lines: Iterable[str]) -> list[Record]:
    return from_text("".join(f"{line}\n" for line in lines))


def _clashes(record: Record, here: Collection[str], asked: Collection[str]) -> bool:
    """Whether the program itself asks for a record's set, or for an alias in its place."""
    rivals = {record.subject, f"{record.owner} CNAME"}.difference(here)
    return not rivals.isdisjoint(asked)


def _faults(text: str, domain: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.subject) for problem in check_zone(from_text(text), domain)}

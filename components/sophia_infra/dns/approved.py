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
    if not edits:
        return text, []
    asked = {*taken, *(record.subject for record in from_text(text))}
    edited, done = _edited(text, edits, asked)
    if not _faults(edited, domain):
        return edited, done
    accepted = _faults(text, domain)
    sound, done = list[Edit](), list[Edit]()
    for edit in edits:
        edited, tried = _edited(text, [*sound, edit], asked)
        fits = tried[-1].state == APPLIED and _faults(edited, domain) <= accepted
        sound += [edit] if fits else []
        done.append(replace(edit, state=APPLIED if fits else REJECTED))
    return _edited(text, sound, asked)[0], done


def carried(olds: Mapping[str, Any]) -> list[Edit]:
    """Return the edits that were approved and applied before, from a zone's old inputs."""
    return [Edit(**one) for one in olds.get("edits") or ()]


def as_input(edits: Iterable[Edit]) -> list[dict[str, Any]]:
    """Return the applied edits as the `edits` property holds them."""
    return [asdict(edit) for edit in edits if edit.state == APPLIED]


def _edited(text: str, edits: Iterable[Edit], asked: Collection[str]) -> tuple[str, list[Edit]]:
    """Apply edits one after the other, whatever a name server makes of the result."""
    lines, new = dict.fromkeys(text.split("\n")[:-1]), set[str]()
    done = []
    for edit in edits:
        fits = _fits(edit, lines, asked)
        done.append(replace(edit, state=APPLIED if fits else REJECTED))
        for line in edit.lost if fits else ():
            del lines[line]
        new.update(edit.new if fits else ())
        lines.update(dict.fromkeys(edit.new if fits else ()))
    kept = "".join(f"{line}\n" for line in lines if line not in new)
    return merged(kept, _records(line for line in lines if line in new)), done


def _fits(edit: Edit, lines: Collection[str], asked: Collection[str]) -> bool:
    is_asked = bool(edit.asked) and all(line in lines for line in edit.asked)
    is_served = any(subject in asked for subject in edit.until.split("\n"))
    here = {record.subject for record in _records(edit.asked)} if is_asked else set()
    return is_asked and not is_served and not any(_clashes(record, here, asked) for record in _records(edit.new))


def _records(lines: Iterable[str]) -> list[Record]:
    return from_text("".join(f"{line}\n" for line in lines))


def _clashes(record: Record, here: Collection[str], asked: Collection[str]) -> bool:
    """Whether the program itself asks for a record's set, or for an alias in its place."""
    rivals = {record.subject, f"{record.owner} CNAME"}.difference(here)
    return not rivals.isdisjoint(asked)


def _faults(text: str, domain: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.subject) for problem in check_zone(from_text(text), domain)}

"""Edits applied to zone text, for as long as the program still asks for what they mend. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress

from sophia_infra.advice.model import Edit
from sophia_infra.dns.reader import check_zone
from sophia_infra.dns.rr.record import from_text, merged

APPLIED, REJECTED = "applied", "rejected"


def with_edits(text: str, edits: Sequence[Edit], domain: str, taken: Collection[str] = ()) -> tuple[str, list[Edit]]:
    """Return canonical zone text with edits applied, and each edit with what became of it.

    `taken` are the record sets that the program asks for otherwise than by this text. An edit is rejected where a
    record it is for is no longer in the text (the program was mended, or the value comes from elsewhere), where the
    program has come to ask for a set that the edit adds or misses, or where no name server would load the zone with it.
    """
    if not edits:
        return text, []
    edited, done = _edited(text, edits, taken)
    if not _faults(edited, domain):
        return edited, done
    accepted = _faults(text, domain)
    sound, positions = list[Edit](), list[int]()
    for position, edit in enumerate(edits):
        edited, tried = _edited(text, [*sound, edit], taken)
        if tried[-1].state == APPLIED and _faults(edited, domain) <= accepted:
            sound.append(edit)
            positions.append(position)
    edited, tried = _edited(text, sound, taken)
    known = dict(zip(positions, tried, strict=True))
    return edited, [known.get(position, replace(edit, state=REJECTED)) for position, edit in enumerate(edits)]


def count_subjects(subjects: Iterable[str]) -> Counter[str]:
    """Count record sets, and those of a name together as its `ANY`."""
    listed = list(subjects)
    return Counter([*listed, *(f"{subject.partition(' ')[0]} ANY" for subject in listed)])


def is_brought(edit: Edit, served: Mapping[str, int]) -> bool:
    """Whether record sets, as counted, bring what an edit rests on the absence of.

    They may do so from above as well: a wildcard, a delegation or a DNAME gives a name what it has not itself.
    """
    here = subjects_of_lines(edit.asked)
    bringing = (above for subject in edit.until.splitlines() for above in _bringing(subject))
    return any(served.get(subject, 0) > 0 for subject in bringing if subject not in here)


def _bringing(subject: str) -> Iterator[str]:
    """Yield the record sets that answer for one, its own first."""
    owner, _, rtype = subject.partition(" ")
    yield subject
    while owner != "@":
        yield f"{owner} NS"
        owner = owner.partition(".")[2] or "@"
        wildcard = "*" if owner == "@" else f"*.{owner}"
        yield from (f"{owner} DNAME", f"{wildcard} {rtype}", f"{wildcard} CNAME")


def _edited(text: str, edits: Sequence[Edit], taken: Collection[str]) -> tuple[str, list[Edit]]:
    """Apply edits, but for those that rest on the absence of what others of them bring."""
    edited, done = _applied(text, edits, taken)
    new = [count_subjects(subjects_of_lines(edit.new) if edit.state == APPLIED else ()) for edit in done]
    coming = Counter(chain.from_iterable(subjects.elements() for subjects in new))
    stays = [edit.state == REJECTED or not is_brought(edit, coming - own) for edit, own in zip(done, new, strict=True)]
    if all(stays):
        return edited, done
    edited, again = _edited(text, list(compress(edits, stays)), taken)
    left = iter(again)
    done = [next(left) if stay else replace(edit, state=REJECTED) for edit, stay in zip(edits, stays, strict=True)]
    return edited, done


def _applied(text: str, edits: Iterable[Edit], taken: Collection[str]) -> tuple[str, list[Edit]]:
    """Apply edits one after the other, whatever a name server makes of the result."""
    lines, new = dict.fromkeys(text.split("\n")[:-1]), set[str]()
    asked = count_subjects([*taken, *map(_subject, lines)])
    ttls = {_subject(line): _ttl(line) for line in lines}
    done = []
    for edit in edits:
        placed, here = _placed(edit, lines, ttls), subjects_of_lines(edit.asked)
        if placed and (is_brought(edit, asked) or any(_clashes(line, here, lines, asked) for line in edit.new)):
            placed = None
        done.append(replace(edit, state=APPLIED if placed else REJECTED))
        lost, added = placed or ([], [])
        for line in lost:
            del lines[line]
            asked.subtract(count_subjects(() if line in new else [_subject(line)]))
        for line in added:
            lines[line] = None
            new.add(line)
    kept = "".join(f"{line}\n" for line in lines if line not in new)
    return merged(kept, from_text("".join(f"{line}\n" for line in lines if line in new))), done


def _placed(edit: Edit, lines: Collection[str], ttls: Mapping[str, str]) -> tuple[list[str], list[str]] | None:
    """Return the lines that an edit takes away and adds, with the TTLs of now; None where one it is for is gone.

    A program that changes a TTL still asks for the record, but for an edit of the TTL itself.
    """
    is_of_ttl = not {_with_ttl(line, "") for line in edit.lost}.isdisjoint(_with_ttl(line, "") for line in edit.new)
    known = {} if is_of_ttl else ttls
    now = {
        line: line if line in lines else _with_ttl(line, known.get(_subject(line), _ttl(line))) for line in edit.asked
    }
    if not now or any(line not in lines for line in now.values()):
        return None
    changed = {_ttl(line): _ttl(today) for line, today in now.items()}
    fresh = {line: known.get(_subject(line), changed.get(_ttl(line), _ttl(line))) for line in edit.new}
    return [now[line] for line in edit.lost], [_with_ttl(line, ttl) for line, ttl in fresh.items()]


def _clashes(line: str, here: Collection[str], lines: Collection[str], asked: Counter[str]) -> bool:
    """Whether the program itself asks for a record's set, or for an alias in its place."""
    owner, subject = line.partition(" ")[0], _subject(line)
    if subject in here or not asked[subject]:
        return f"{owner} CNAME" not in here and bool(asked[f"{owner} CNAME"])
    there = [line for line in lines if _subject(line) == subject]
    # Some of the set may not be given as text, and be SPF as well.
    return not is_about_spf(line) or asked[subject] > len(there) or any(map(is_about_spf, there))


def is_about_spf(line: str) -> bool:
    """Whether a canonical line is one of the texts that a name has one of, whatever other texts it has."""
    return line.split(" ", 3)[2] == "TXT" and "spf" in line.lower()


def _ttl(line: str) -> str:
    return line.split(" ", 2)[1]


def _with_ttl(line: str, ttl: str) -> str:
    owner, _, rest = line.split(" ", 2)
    return f"{owner} {ttl} {rest}"


def subjects_of_lines(lines: Iterable[str]) -> set[str]:
    """Return the record sets that canonical lines belong to."""
    return set(map(_subject, lines))


def _subject(line: str) -> str:
    owner, _, rtype, _ = line.split(" ", 3)
    return f"{owner} {rtype}"


def _faults(text: str, domain: str) -> set[tuple[str, str]]:
    return {(problem.code, problem.subject) for problem in check_zone(from_text(text), domain)}

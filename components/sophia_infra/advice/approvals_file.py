"""Approvals in a file of the repository, reviewed as code: the word of whoever may merge it (`sophia:approvals`).

An entry binds what a row of the journal does, request, base and edit, and ends. It shows the edit's lines as well, so
that a reviewer reads what would be applied; one that shows others than the edit has is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from functools import lru_cache
from pathlib import Path
from typing import Any

from sophia_infra import clock
from sophia_infra.advice.approval import Approval, proposed
from sophia_infra.advice.model import Advice, Edit, Request
from sophia_infra.changes.overrides import until_of, why_of
from sophia_infra.errors import SophiaError
from sophia_infra.home import project, write_whole
from sophia_infra.reporter import printable
from sophia_infra.values import Value

FIELDS = ("resource", "stack", "advice", "base", "subject", "lines", "digest", "by", "until", "why")
LARGEST = 1_048_576
"""Octets of a file that are read; one entry has some 600."""
_HEAD = """\
# Edits that people approved: docs/advice.md. Whoever may merge this file approves what it lists, so review the lines.
"""


class ApprovalsFileError(SophiaError):
    """A file of approvals that can't be read, or an entry that shows something else than it approves."""

    code = "approvals-file"


@dataclass(frozen=True, slots=True)
class Entry:
    """One edit that the file approves; `place` is its file and line, `resource` reads `zone shop.example`."""

    place: str
    resource: str
    stack: str
    advice: str
    base: str
    subject: str
    lines: tuple[str, ...]
    digest: str
    by: str
    until: datetime
    why: str

    @property
    def word(self) -> str:
        """On whose word the edit is applied."""
        return f"{self.by} ({self.place.rpartition(':')[0]})"


def read(file: str) -> tuple[Entry, ...]:
    """Return the entries of a file; its path is taken from the folder of the Pulumi project.

    Raises:
        ApprovalsFileError: it can't be read, or an entry has not exactly the documented fields; by file, line, field.
    """
    path = project() / file
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        told = f"the approvals in {path} can't be read: {why}; an empty file approves nothing"
        raise ApprovalsFileError(told, field="sophia:approvals", subject=str(path)) from None
    if len(content) > LARGEST:
        told = f"{path} is larger than {LARGEST} octets; take out what is applied or has ended"
        raise ApprovalsFileError(told, field="sophia:approvals", limit=LARGEST)
    return parse(path.name, text)


@lru_cache(maxsize=4)
def parse(name: str, text: str) -> tuple[Entry, ...]:
    """Return the entries of a file's text; raises as `read`. It is asked for each resource of a run."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return ()
        if not isinstance(root, yaml.SequenceNode):
            raise ApprovalsFileError(f"{name}:{root.start_mark.line + 1}: give a list of approvals", field=name)
        return tuple(_entry(name, node) for node in root.value)
    except RecursionError:
        raise ApprovalsFileError(f"{name}:1: this is nested too deeply; give a list of approvals", field=name) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        told = (
            f"{name}:{mark.line + 1 if mark else 1}: this is not YAML: {getattr(error, 'problem', None) or 'damaged'}"
        )
        raise ApprovalsFileError(told, field=name) from None


def _entry(name: str, node: Any) -> Entry:
    import yaml

    place = f"{name}:{node.start_mark.line + 1}"
    if not isinstance(node, yaml.MappingNode):
        raise ApprovalsFileError(f"{place}: give an approval with {', '.join(FIELDS)}", field=place)
    given = dict[str, Value]()
    for key, value in node.value:
        where = f"{name}:{key.start_mark.line + 1}: {printable(str(key.value))[:40]}"
        if key.value not in FIELDS or key.value in given:
            what = (
                "stands twice" if key.value in given else f"is no field of an approval; known are {', '.join(FIELDS)}"
            )
            raise ApprovalsFileError(f"{where} {what}", field=where)
        given[key.value] = Value(where, _plain(value, where), ApprovalsFileError)
    for missing in (field for field in FIELDS if field not in given):
        raise ApprovalsFileError(f"{place}: {missing} is missing", field=f"{place}: {missing}")
    texts = {field: given[field].text() for field in FIELDS if field not in ("lines", "by", "until", "why")}
    by = given["by"].text("say who approved it", fits=lambda text: text.strip() and text.isprintable())
    lines = tuple(line.text() for line in given["lines"].items("give the edit's lines", least=1))
    until, why = until_of(given["until"], clock.now()), why_of(given["why"])
    return Entry(place=place, lines=lines, by=by, until=until, why=why, **texts)


def _plain(node: Any, where: str) -> Any:
    """A scalar as it is written, or a list of scalars: `no` is a text here, and a time is read by its own reader."""
    import yaml

    nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
    if not all(isinstance(each, yaml.ScalarNode) for each in nodes):
        raise ApprovalsFileError(f"{where} is not plain; give a text, or a list of texts for lines", field=where)
    return node.value if isinstance(node, yaml.ScalarNode) else [each.value for each in nodes]


@dataclass(frozen=True, slots=True)
class Matched:
    """What a file says to one advice: on whose word edits (by digest) are approved, and what no longer matches."""

    words: Mapping[str, str]
    stale: tuple[str, ...]


def matched(
    entries: Sequence[Entry], resource: str, stack: str, advice: Advice, base: str, applied: Sequence[Edit]
) -> Matched:
    """Hold the entries of one resource against its advice; `applied` are the edits of the last run.

    Raises:
        ApprovalsFileError: an entry shows other lines than the edit has that it approves.
    """
    waiting = {edit.digest: edit for edit in proposed(advice)}
    done, words, stale = {edit.digest for edit in applied}, dict[str, str](), list[str]()
    for entry in entries:
        if (entry.resource, entry.stack) != (resource, stack):
            continue
        edit = waiting.get(entry.digest)
        if edit and (entry.subject, entry.lines) != (edit.subject, shown(edit)):
            told = f"{entry.place}: it shows other lines than the edit of {edit.subject} has; approve it anew"
            raise ApprovalsFileError(told, field=f"{entry.place}: lines", subject=edit.subject)
        if why := _stale(entry, advice, base, is_proposed=edit is not None, is_applied=entry.digest in done):
            stale.append(f"{entry.place}: the approval of the edit of {entry.subject} {why}; take it out")
        else:
            words[entry.digest] = entry.word
    return Matched(words, tuple(stale))


def _stale(entry: Entry, advice: Advice, base: str, *, is_proposed: bool, is_applied: bool) -> str:
    """Why an entry approves nothing now; empty where it does."""
    if is_applied:
        return "has served its purpose"
    if entry.until < clock.now():
        return f"has ended on {entry.until:%Y-%m-%d %H:%M}"
    if (entry.advice, entry.base) != (advice.id, base) or not is_proposed:
        return f"is for advice {entry.advice[:12]}, and what is proposed now is in advice {advice.id[:12]}"
    return ""


def shown(edit: Edit) -> tuple[str, ...]:
    """Return an edit's lines in their order, as people read them: those that stay, go (`-`) and come (`+`).

    A line that goes at one place and stands, or comes, at another is shown as what it is.
    """
    before, after = ([line for line in text.split("\n") if line] for text in (edit.before, edit.after))
    lines = unified_diff(before, after, n=len(before), lineterm="")
    return tuple(f"{line[0]} {line[1:]}" for line in list(lines)[3:])


def append(path: Path, request: Request, advice: Advice, edits: Sequence[Edit], given: Approval) -> None:
    """Add an entry for each edit to a file, which is made where there is none; what stands in it stays as it is.

    Raises:
        ApprovalsFileError: what stands in it can't be read; nothing was written.
        OSError: it can't be written.
    """
    import yaml

    about, stack = f"{request.kind} {request.subject}", request.facts.get("stack", "")
    until = given.until.isoformat(timespec="seconds") if given.until else ""
    entries = [
        (about, stack, advice.id, given.base, edit.subject, [*shown(edit)], edit.digest, given.by, until, given.why)
        for edit in edits
    ]
    before = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    added = yaml.safe_dump([dict(zip(FIELDS, entry, strict=True)) for entry in entries], sort_keys=False, width=10_000)
    text = f"{before}{'' if before.endswith(chr(10)) or not before else chr(10)}{added}"
    parse(path.name, text)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    write_whole(path, text, prepare=lambda draft: Path(draft).chmod(mode))

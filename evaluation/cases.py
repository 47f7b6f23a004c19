"""The labelled set, read: a file a case in `cases/`, the zones that they change in `zones/`."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sophia_infra.advice.model import Verdict
from sophia_infra.changes import Exposure
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.errors import SophiaError

HERE = Path(__file__).parent
GROUPS = ("history", "seeded", "lookalike", "incident")
ANY = "*"
"""Among codes that must not be there: any error or warning that the label does not name."""
_LABEL = {"verdict", "why", "codes", "not", "exposure", "edits"}
_CASE = {"title", "source", "label"}
_ZONE = {"zone", "also", "change", "issuers", "protect"}
_CERTIFICATE = {"certificate"}


class CaseError(ValueError):
    """A case that can't be read as one; the message names its file."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is right for a change, whatever the rules say of it.

    Attributes:
        verdict: `block`: it must not go through unless a person says so for this run. `caution`: somebody should look
            first. `approve`: nobody needs to.
        why: in a sentence, for whoever doubts the label.
        codes: findings that must be there.
        absent: findings that must not; `*` stands for any other error or warning.
        exposure: the least and the most that it may weigh.
        edits: the lines that come (`+ ...`) and go (`- ...`) by edits that should be proposed. None where nothing is
            said of edits; with an empty one, each that is proposed is too many.
    """

    verdict: Verdict
    why: str
    codes: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    exposure: tuple[Exposure, Exposure] = (Exposure.NONE, Exposure.CRITICAL)
    edits: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One change: of a zone, `before` and `after` in canonical text, or of a certificate, in `certificate`."""

    name: str
    title: str
    source: str
    label: Label
    origin: str = ""
    before: str = ""
    after: str = ""
    issuers: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    certificate: Mapping[str, Any] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """Where it comes from: one of `GROUPS`."""
        return self.name.partition("/")[0]


def cases(folder: Path = HERE) -> list[Case]:
    """Return all cases, in the order of their names.

    Raises:
        CaseError: one of them can't be read, or names what the zone does not have.
    """
    files = [file for group in GROUPS for file in sorted((folder / "cases" / group).glob("*.toml"))]
    return [_case(file, folder) for file in files]


def _case(file: Path, folder: Path) -> Case:
    name = f"{file.parent.name}/{file.stem}"
    try:
        given = tomllib.loads(file.read_text())
        kind = _CERTIFICATE if "certificate" in given else _ZONE
        _known(given, _CASE | kind)
        common = {"name": name, "title": given["title"], "source": given["source"], "label": _label(given["label"])}
        if kind is _CERTIFICATE:
            return Case(**common, certificate=given["certificate"])
        origin = given["zone"]
        before = _records((folder / "zones" / origin).read_text() + given.get("also", ""), origin)
        return Case(
            **common,
            origin=origin,
            before=before,
            after=_changed(before, given["change"], origin),
            issuers=tuple(given.get("issuers", ())),
            protect=tuple(given.get("protect", ())),
        )
    except (KeyError, ValueError, OSError, SophiaError) as error:
        raise CaseError(f"{name}: {error}") from error


def _label(given: Mapping[str, Any]) -> Label:
    _known(given, _LABEL)
    least, most = given.get("exposure", ("none", "critical"))
    return Label(
        verdict=Verdict[given["verdict"].upper()],
        why=given["why"],
        codes=frozenset(given.get("codes", ())),
        absent=frozenset(given.get("not", ())),
        exposure=(Exposure.parse(least), Exposure.parse(most)),
        edits=frozenset(given["edits"]) if "edits" in given else None,
    )


def _known(given: Mapping[str, Any], names: Iterable[str]) -> None:
    if unknown := sorted(set(given).difference(names)):
        raise CaseError(f"no part of a case is called {', '.join(unknown)}")


def _records(text: str, origin: str) -> str:
    return to_text(read(text, origin, file=origin).sound())


def _changed(before: str, change: str, origin: str) -> str:
    """Return a zone after a change: `+ LINE` comes, `- LINE` goes, and `- OWNER TYPE` takes a whole set away."""
    marked = [line for line in map(str.strip, change.splitlines()) if line]
    if wrong := [line for line in marked if line[:2] not in ("+ ", "- ")]:
        raise CaseError(f"a change is a line that begins with + or -, not {wrong[0]!r}")
    lines = before.splitlines()
    for line in (line[2:] for line in marked if line[0] == "-"):
        left = [each for each in lines if not _is_meant(each, line, origin)]
        if len(left) == len(lines):
            raise CaseError(f"the zone has no {line!r}")
        lines = left
    added = (read(f"$TTL 3600\n{line[2:]}\n", origin, file=line).sound() for line in marked if line[0] == "+")
    return to_text(
        [*from_text("".join(f"{line}\n" for line in lines)), *(record for found in added for record in found)]
    )


def _is_meant(line: str, meant: str, origin: str) -> bool:
    owner, ttl, rtype, _ = line.split(" ", 3)
    if meant.count(" ") == 1:
        return meant == f"{owner} {rtype}"
    found = read(f"$TTL {ttl}\n{meant}\n", origin).records
    return [str(record) for record in found] == [line]

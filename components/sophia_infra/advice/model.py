"""What crosses the advisor boundary: a request goes out, an advice comes back."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any, ClassVar

from sophia_infra.codec import BRIEF, encode
from sophia_infra.journal import Kind, Row

OPERATIONS = ("replace", "add", "remove")
"""What an edit may do."""
NAMED = 5
"""How many subjects of one kind of finding are named in one line."""


class Level(StrEnum):
    """How bad a finding is: it breaks, it will hurt, or it is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Verdict(IntEnum):
    """What an advisor says of a change as a whole; the worst of several verdicts counts."""

    APPROVE = 0
    CAUTION = 1
    BLOCK = 2

    def __str__(self) -> str:
        return self.name.lower()


class Autonomy(StrEnum):
    """What may be done with an advisor's edits (stack setting `sophia:autonomy`).

    `analysis` records advice only; `suggest` proposes edits, which a person approves; `limited` applies edits of the
    rules within numbers, `full` all of them. Each allows what the one before it does.
    """

    ANALYSIS = "analysis"
    SUGGEST = "suggest"
    LIMITED = "limited"
    FULL = "full"

    @property
    def rank(self) -> int:
        """How much it allows, from 0."""
        return list(Autonomy).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth knowing: a stable code, how bad, about which record or name, why, and a fix.

    `old` says that it was so before the change, which has no part in it: it is told, and no verdict weighs it.
    """

    code: str
    level: Level
    subject: str
    message: str
    fix: str
    old: bool = field(default=False, metadata=BRIEF)

    @property
    def kind(self) -> str:
        """What findings have in common that are told as one."""
        return f"{self.level} {self.code}{' (as before)' if self.old else ''}"

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}: {self.message}" + (f" -> {self.fix}" if self.fix else "")


@dataclass(frozen=True, slots=True)
class Edit:
    """A typed operation from a closed vocabulary, never free text that somebody would have to interpret.

    `op` is `replace`, `add` or `remove`; `before` and `after` are canonical record lines, empty where there is none. A
    record that stands in both stays: it is what the others are changed for. `until` are record sets, one a line
    (`mail A`); once the program asks for one of them, the edit has served its purpose. `by` is the model that proposed
    it, empty for the rules. `word` says on whose word it is applied: it is the same edit on anybody's.
    """

    op: str
    subject: str
    before: str
    after: str
    state: str
    why: str
    until: str = ""
    by: str = ""
    word: str = field(default="", compare=False)

    def as_inputs(self) -> dict[str, str]:
        """Return it as states and `--json` have it: `by` and `word`, which came later, where they say something."""
        return {name: value for name, value in asdict(self).items() if value or name not in ("by", "word")}

    @property
    def digest(self) -> str:
        """The hash that stands for it as it was proposed, whatever became of it, and on whose word."""
        body = {name: value for name, value in asdict(self).items() if name != "word" and (name != "by" or value)}
        return hashlib.sha256(json.dumps(body | {"state": "proposed"}, sort_keys=True).encode()).hexdigest()

    @property
    def kind(self) -> str:
        """The operation that the lines are; `op` is what the advisor called it. Empty where they change nothing."""
        if self.lost and self.new:
            return "replace"
        return "add" if self.new else "remove" if self.lost else ""

    @property
    def asked(self) -> list[str]:
        """The lines that the edit is for: it ends once one of them is gone."""
        return _without(self.before, "")

    @property
    def lost(self) -> list[str]:
        """The lines that the edit takes away."""
        return _without(self.before, self.after)

    @property
    def new(self) -> list[str]:
        """The lines that the edit adds."""
        return _without(self.after, self.before)


def _without(lines: str, others: str) -> list[str]:
    kept = ["", *others.split("\n")]
    return [line for line in lines.split("\n") if line not in kept]


@dataclass(frozen=True, slots=True)
class Advice(Row):
    """What was advised, as the journal keeps it: `id` is the request's fingerprint, so same request means same advice.

    `findings` holds at most 20 kinds, and 20 of each; `more` says how many of a kind there are beside them. `lacking`
    says why a second advisor that was asked had no say, empty where it had, or where there is none. `carried` names the
    codes of the findings that carry the verdict, or the advisor whose word alone it is; empty where it is approve.
    """

    id: str
    advisor: str
    verdict: Verdict
    summary: str
    findings: tuple[Finding, ...] = ()
    edits: tuple[Edit, ...] = ()
    more: Mapping[str, int] = field(default_factory=dict)
    lacking: str = ""
    carried: tuple[str, ...] = ()

    KIND: ClassVar = Kind.ADVICE

    @property
    def kinds(self) -> list[Finding]:
        """One finding for each kind, in their order; its subject names those of all, the first five of them."""
        return [_as_one(found, self.more.get(kind, 0)) for kind, found in by_kind(self.findings).items()]

    def as_inputs(self) -> dict[str, Any]:
        """Return the public `advice` property, as docs/contracts.md describes it; the journal has the details by id."""
        body = self.to_body()
        body |= {"findings": encode(self.kinds), "edits": [edit.subject for edit in self.edits]}
        del body["more"], body["carried"]
        if not self.lacking:
            del body["lacking"]
        return body


def by_kind(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Return the findings of each kind, the kinds in the order in which they came in."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    return kinds


def _as_one(found: list[Finding], more: int) -> Finding:
    """One finding that stands for all of a kind."""
    first, count = found[0], len(found) + more
    if count == 1:
        return first
    subjects = list(dict.fromkeys(finding.subject for finding in found))
    listed = ", ".join(subjects[:NAMED]) + (", ..." if more or len(subjects) > NAMED else "")
    same = all(finding.message == first.message for finding in found)
    message = first.message if same else f"the first: {first.message}"
    return replace(first, subject=f"{count} times: {listed}", message=message)


@dataclass(frozen=True, slots=True)
class Request(Row):
    """What an advisor may see of one resource's change: named facts, chosen by allow-list, bounded in size.

    `kind` is `zone` or `certificate`; `subject` the domain or name; `facts` holds JSON values only, hashes
    of whatever is too large to send, and the version of the rules, so that the fingerprint covers all that
    matters.
    """

    kind: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    KIND: ClassVar = Kind.REQUEST

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the canonical JSON of the request, in hex: the same on every machine."""
        canonical = json.dumps([self.kind, self.subject, self.facts], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

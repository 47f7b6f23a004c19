"""What a rule is, and the table of all rules."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sophia_infra.advice.model import Level
from sophia_infra.dns.zone.index import Zone

ERROR, WARNING, INFO = Level.ERROR, Level.WARNING, Level.INFO


class Problem(NamedTuple):
    """A rule's result: the record set, one sentence why, one what to do, and a level other than the usual."""

    subject: str
    message: str
    fix: str
    level: Level | None = None


Check = Callable[[Zone], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a stable kebab-case code, the levels it may report (the usual one first), and its check.

    `no_edit` says why no fix mends its findings: what only a person knows. It is empty where there is one.
    """

    code: str
    levels: tuple[Level, ...]
    check: Check
    no_edit: str = ""


RULES: dict[str, Rule] = {}


def rule(code: str, *levels: Level, no_edit: str = "") -> Callable[[Check], Check]:
    """Enter the decorated check into `RULES`. Either a fix stands below it, or `no_edit` says why none does.

    Raises:
        ValueError: another rule has the code.
    """

    def enter(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules have the code {code}")
        RULES[code] = Rule(code, levels, check, no_edit)
        return check

    return enter

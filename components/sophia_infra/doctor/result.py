"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How well something is. A warning stops no run."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found.

    Attributes:
        check: the check's name.
        status: how well it is.
        message: what was found.
        way_out: what mends it, a command where there is one; empty where nothing is to mend.
    """

    check: str
    status: Status
    message: str
    way_out: str = ""

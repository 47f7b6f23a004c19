"""A figure: two series measured in turn, how they compare, and the target; many of them make a table."""

from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import Any


class Compare(Enum):
    """How a pair of samples is compared; the figure is the median over the pairs."""

    FASTER = "other / ours, at least"
    RATIO = "ours / other, at most"
    SHARE = "ours / other - 1, at most"
    EXTRA = "ours - other, at most"

    def of(self, ours: float, other: float) -> float:
        if self is Compare.EXTRA:
            return ours - other
        if self is Compare.FASTER:
            return other / ours
        return ours / other - (1 if self is Compare.SHARE else 0)

    def reached(self, value: float, target: float) -> bool:
        return value >= target if self is Compare.FASTER else value <= target


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `ours` and `other` are measured in turn, so the machine's drift meets both alike.

    Attributes:
        unit: of the samples: `s`, `ms` or `MiB`.
        target: the bound on the compared value; None where the issue sets none.
        cpu: user and system seconds of either side, medians, where they were taken.
        note: what the reader must know to read the row.
    """

    name: str
    unit: str
    ours: tuple[float, ...]
    other: tuple[float, ...]
    compare: Compare
    target: float | None = None
    cpu: tuple[float, float] | None = None
    note: str = ""

    @property
    def value(self) -> float:
        """The median over the pairs."""
        return median(self.compare.of(*pair) for pair in zip(self.ours, self.other, strict=True))

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return None if self.target is None else self.compare.reached(self.value, self.target)

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "unit": self.unit,
            "ours": median(self.ours),
            "other": median(self.other),
            "compare": self.compare.name.lower(),
            "value": self.value,
            "target": self.target,
            "reached": self.reached,
            "cpu": self.cpu,
            "samples": {"ours": self.ours, "other": self.other},
            "note": self.note,
        }

    def row(self) -> list[str]:
        cpu = "" if self.cpu is None else f"{_short(self.cpu[0])} / {_short(self.cpu[1])} s"
        return [
            self.name,
            f"{_short(median(self.ours))} {self.unit}",
            f"{_short(median(self.other))} {self.unit}",
            self._shown(self.value),
            self._bound(),
            {None: "", True: "yes", False: "NO"}[self.reached],
            cpu,
        ]

    def _bound(self) -> str:
        if self.target is None:
            return ""
        return f"{'>=' if self.compare is Compare.FASTER else '<='} {self._shown(self.target)}"

    def _shown(self, value: float) -> str:
        if self.compare is Compare.SHARE:
            return f"{value:+.1%}"
        if self.compare is Compare.EXTRA:
            return f"{'+' if value >= 0 else ''}{_short(value)} {self.unit}"
        return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


HEADINGS = ["figure", "ours", "other", "ratio", "target", "reached", "cpu, ours / other"]


def table(figures: list[Figure]) -> str:
    """Return the rows as text in columns."""
    return columns([HEADINGS, *(figure.row() for figure in figures)])


def columns(rows: list[list[str]]) -> str:
    """Return rows as text in columns, each as wide as its widest cell."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )

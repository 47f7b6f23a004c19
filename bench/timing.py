"""Taking two series in turn, A B A B, each sample with its wall and processor time."""

import os
import resource
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds that something took: on the clock, and of user and system time in its processes."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one side."""

    samples: tuple[Sample, ...]

    @property
    def wall(self) -> tuple[float, ...]:
        return tuple(sample.wall for sample in self.samples)

    @property
    def cpu(self) -> float:
        """The median processor time in seconds."""
        return median(sample.cpu for sample in self.samples)


def timed(deed: Callable[[], object]) -> Sample:
    """Run something that starts processes and waits for them; their processor time is what is counted."""
    wall, cpu = time.perf_counter(), _children()
    deed()
    return Sample(time.perf_counter() - wall, _children() - cpu)


def in_turn(
    ours: Callable[[], object], other: Callable[[], object], rounds: int, *, warm_up: bool = True
) -> tuple[Series, Series]:
    """Time both in turn, after a round that does not count."""
    found = all_in_turn({"ours": ours, "other": other}, rounds, warm_up=warm_up)
    return found["ours"], found["other"]


def all_in_turn(
    sides: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: bool = True
) -> Mapping[str, Series]:
    """Time any number of sides in turn, A B C A B C, after a round that does not count."""
    if warm_up:
        for deed in sides.values():
            deed()
    taken = [[timed(deed) for deed in sides.values()] for _ in range(rounds)]
    return {name: Series(samples) for name, samples in zip(sides, zip(*taken, strict=True), strict=True)}


def variables(cache: Path) -> dict[str, str]:
    """Return what the environment of measured processes adds: compiled modules are kept, as they are for every user."""
    root = Path(__file__).resolve().parents[1]
    paths = f"{root / 'components'}{os.pathsep}{root}"
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache), "PYTHONPATH": paths}


def peak_bytes() -> int:
    """Return the most memory that this process has held at once."""
    with suppress(OSError):
        # getrusage counts in what the parent held when it forked; the kernel's own account does not
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

"""Whether a change holds, asked from outside on a schedule, in the words of Argo Rollouts' AnalysisRun.

A measurement is successful, failed or inconclusive; so is what they come to. What the change promised is asked by
itself: the servers of a zone for each record set that changed. Commands of the user's are asked beside.
"""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sophia_infra.agent.execution.rows import Answers
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.live.name_server import NameServer
from sophia_infra.dns.rr.record import from_text, records_of, subjects_of, to_text
from sophia_infra.errors import SophiaError
from sophia_infra.values import listed

FILE, RFC2136 = "file", "rfc2136"
_SECONDS = 60
_SHOWN = 5


class Phase(StrEnum):
    """What a measurement, or all of them, came to."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one measurement found; `why` is empty where it is successful."""

    phase: Phase
    why: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When it is measured, and what of it decides.

    Attributes:
        count: so many successful measurements in a row make it successful.
        interval, delay: seconds between two measurements, and before the first one.
        failure_limit: so many failed ones are borne, such as those of a secondary that is not told yet.
        inconclusive_limit: so many inconclusive ones in a row are borne.
        most: so many that have decided nothing are inconclusive.
    """

    count: int = 2
    interval: float = 2.0
    delay: float = 0.0
    failure_limit: int = 3
    inconclusive_limit: int = 3
    most: int = 30

    def judge(self, measured: Sequence[Measured]) -> Phase | None:
        """Return what the measurements so far come to, None where the next one is needed."""
        phases = [each.phase for each in measured]
        if phases.count(Phase.FAILED) > self.failure_limit:
            return Phase.FAILED
        if _tail(phases, Phase.INCONCLUSIVE) > self.inconclusive_limit:
            return Phase.INCONCLUSIVE
        if _tail(phases, Phase.SUCCESSFUL) >= self.count:
            return Phase.SUCCESSFUL
        return Phase.INCONCLUSIVE if len(phases) >= self.most else None


def _tail(phases: Sequence[Phase], phase: Phase) -> int:
    return next((at for at, each in enumerate(reversed(phases)) if each is not phase), len(phases))


def verify(measure: Callable[[], Measured], schedule: Schedule, tell: Callable[[str], None]) -> Measured:
    """Measure until it is decided, and return that, with the last word that speaks against it."""
    measured = list[Measured]()
    time.sleep(schedule.delay)
    while (phase := schedule.judge(measured)) is None:
        if measured:
            time.sleep(schedule.interval)
        measured.append(measure())
        tell(f"verifying: {measured[-1].phase}{measured[-1].why and f', {measured[-1].why}'}")
    against = next((each.why for each in reversed(measured) if each.why), "")
    return Measured(phase, "" if phase is Phase.SUCCESSFUL else against)


def measure(answers: Sequence[Answers], commands: Sequence[str], folder: Path, *, undone: bool = False) -> Measured:
    """Ask once for all that was promised; with `undone` for what was before. The worst answer counts."""
    found = [
        *(_asked(each, each.before if undone else each.after, folder) for each in answers),
        *(_ran(command, folder) for command in commands),
    ]
    if not found:
        return Measured(Phase.INCONCLUSIVE, "nothing of it can be asked for from outside; plan it with --check")
    for phase in (Phase.FAILED, Phase.INCONCLUSIVE):
        if against := [each.why for each in found if each.phase is phase]:
            return Measured(phase, "; ".join(against))
    return Measured(Phase.SUCCESSFUL)


def _asked(answers: Answers, expected: str, folder: Path) -> Measured:
    """Ask whatever serves a zone for the sets that change."""
    asked = to_text([*from_text(answers.before), *from_text(answers.after)])
    try:
        for place, found in _served(answers, asked, folder):
            if wrong := subjects_of_difference(found, expected):
                return Measured(Phase.FAILED, f"{place} answers otherwise for {listed(wrong, _SHOWN)}")
    except (SophiaError, OSError) as error:
        return Measured(Phase.INCONCLUSIVE, str(error))
    return Measured(Phase.SUCCESSFUL)


def subjects_of_difference(found: str, expected: str) -> list[str]:
    """Return the record sets in which two canonical zone texts differ."""
    differing = set(from_text(found)) ^ set(from_text(expected))
    return sorted({record.subject for record in differing})


def _served(answers: Answers, asked: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Where the sets are served, each with what it answers for them.

    Raises:
        SophiaError, OSError: a server, or the file, gives no answer.
    """
    subjects = subjects_of(asked)
    kind = answers.backend.get("kind", FILE)
    if kind == FILE:
        with chdir(folder):  # a relative path is the project's
            backend = open_backend(answers.backend, answers.zone)
        yield backend.location, to_text(records_of(backend.read().text, subjects))
        return
    for server in _servers(answers, asked):
        yield server.host, server.sets_of(answers.zone, asked)


def _servers(answers: Answers, asked: str) -> list[NameServer]:
    """The servers to ask: the one that takes the updates, or those that the zone's delegation names."""
    if answers.backend.get("kind") == RFC2136:
        return [NameServer(str(answers.backend["server"]), int(answers.backend.get("port", 53)))]
    import dns.exception
    import dns.resolver

    try:
        return [NameServer(str(record.target)) for record in dns.resolver.resolve(answers.zone, "NS")]
    except dns.exception.DNSException as error:
        raise SophiaError(f"the name servers of {answers.zone} are not known: {error}", subject=answers.zone) from None


def _ran(command: str, folder: Path) -> Measured:
    """Run a command of the user's: 0 is successful, 1 failed, all else inconclusive."""
    try:
        code = subprocess.run(  # noqa: S603  # what the user gave, without a shell
            shlex.split(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        ).returncode
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Measured(Phase.INCONCLUSIVE, f"`{command}` does not run: {type(error).__name__}")
    if code == 0:
        return Measured(Phase.SUCCESSFUL)
    return Measured(Phase.FAILED if code == 1 else Phase.INCONCLUSIVE, f"`{command}` ends with {code}")

"""What a change promised, asked once: answers of name servers, targets of pools, certificates where they are served.

Checks of the user's stand beside it. `curl -fsS https://shop.example/` is a command: split as a shell would, and run
without one. URLs stand there as `probes.urls` reads them.
"""

import shlex
import subprocess
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.engine_requests import stands
from sophia_infra.agent.execution.rows import Asked, Proposal, Targets
from sophia_infra.dns.importers.state_files import pulumi
from sophia_infra.dns.live.answers import answered
from sophia_infra.doctor.backend import exported
from sophia_infra.errors import SophiaError
from sophia_infra.probes.measured import Measured, Phase, worst
from sophia_infra.probes.round import Probe, probe_all
from sophia_infra.probes.urls import answers
from sophia_infra.values import listed

_SECONDS = 60


def measure(row: Proposal, places: Places, *, undone: bool = False, propagation: timedelta | None = None) -> Measured:
    """Ask once for all that was promised; with `undone` for what was before. The worst answer counts.

    `propagation` is how long name servers may take until they serve it, None for what fits the backend.
    """
    found = [_healthy(each, each.before if undone else each.after) for each in row.targets]
    for each in row.answers:
        former, expected = (each.after, each.before) if undone else (each.before, each.after)
        found.append(answered(each.zone, each.backend, former, expected, places.folder, propagation))
    if worst(found).phase is Phase.PENDING:
        return worst(found)  # the rest may look up names whose servers are not told yet
    found += _of_state(row.certificates, () if undone else row.asked, places)
    found += [answers(check) or _ran(check, places.folder) for check in row.commands]
    if not found:
        return Measured(Phase.INCONCLUSIVE, "nothing of it can be asked for from outside; plan it with --check")
    return worst(found)


def _healthy(targets: Targets, published: Sequence[str]) -> Measured:
    """Probe the targets that a pool came to publish, as the pool does."""
    found = probe_all([Probe(target, target, targets.check) for target in published])
    ill = [f"{target} ({why})" for target in published if (why := found.get(target, "no answer in time"))]
    return Measured.of(f"the pool {targets.pool} has targets that are not healthy: {listed(ill)}" if ill else "")


def _of_state(certificates: Sequence[str], asked: Sequence[Asked], places: Places) -> Iterator[Measured]:
    """What only the stack's state can say: which certificate is to be served, and which generation stands."""
    if not certificates and not asked:
        return
    from sophia_infra.tls.endpoints.served import served

    try:
        resources = list(pulumi(exported(places.folder, places.stack)))
        yield from (served(each.inputs, each.fields) for each in resources if each.urn in certificates)
        for each in asked:
            is_next = stands(each.op, each.name, resources).generation > each.generation
            told = f"{each.name} is of generation {each.generation} still: nothing came of {each.op}"
            yield Measured.of("" if is_next else told)
    except SophiaError as error:
        yield Measured(Phase.INCONCLUSIVE, str(error))


def _ran(command: str, folder: Path) -> Measured:
    """Run a command of the user's: 0 is successful, 1 failed, all else inconclusive."""
    try:
        code = subprocess.run(  # noqa: S603  # what the user gave, without a shell
            shlex.split(command),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        ).returncode
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Measured(Phase.INCONCLUSIVE, f"`{command}` does not run: {type(error).__name__}")
    if code == 0:
        return Measured(Phase.SUCCESSFUL)
    return Measured(Phase.FAILED if code == 1 else Phase.INCONCLUSIVE, f"`{command}` ends with {code}")

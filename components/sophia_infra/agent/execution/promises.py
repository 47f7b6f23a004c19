"""What a change promised, asked once: answers of name servers, targets of pools, certificates where they are served.

Checks of the user's stand beside it. `curl -fsS https://shop.example/` is a command: split as a shell would, and run
without one. `https://shop.example/` is a URL that is to answer with 200, `204=https://shop.example/up` with 204.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sophia_infra import clock
from sophia_infra.advice.model import Level
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.answering import answered
from sophia_infra.agent.execution.asking import stands
from sophia_infra.agent.execution.bound import exported
from sophia_infra.agent.execution.rows import Asked, Proposal, Targets
from sophia_infra.agent.execution.verifying import Measured, Phase, worst
from sophia_infra.dns.importers.state_files import Resource, pulumi
from sophia_infra.errors import SophiaError
from sophia_infra.probes.round import Check, Probe, probe_all
from sophia_infra.values import listed

_SECONDS = 60
_ANSWERS_IN = 10.0
"""Seconds for a URL to answer."""
_URL = re.compile(r"(?:([1-5][0-9]{2})=)?(https?://\S+)").fullmatch


def measure(row: Proposal, places: Places, *, undone: bool = False, propagation: timedelta | None = None) -> Measured:
    """Ask once for all that was promised; with `undone` for what was before. The worst answer counts.

    `propagation` is how long name servers may take until they serve it, None for what fits the backend.
    """
    found = [
        *(answered(each, places.folder, undone=undone, propagation=propagation) for each in row.answers),
        *(_healthy(each, each.before if undone else each.after) for each in row.targets),
    ]
    if worst(found).phase is Phase.PENDING:
        return worst(found)  # the rest may look up names whose servers are not told yet
    found += _of_state(row.certificates, () if undone else row.asked, places)
    found += [_answers(check) or _ran(check, places.folder) for check in row.commands]
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
    try:
        resources = list(pulumi(exported(places)))
        yield from (_served_certificate(resource) for resource in resources if resource.urn in certificates)
        for each in asked:
            is_next = stands(each.op, each.name, resources).generation > each.generation
            told = f"{each.name} is of generation {each.generation} still: nothing came of {each.op}"
            yield Measured.of("" if is_next else told)
    except SophiaError as error:
        yield Measured(Phase.INCONCLUSIVE, str(error))


def _served_certificate(resource: Resource) -> Measured:
    """Shake hands where a certificate is served; one that can't be reached says nothing."""
    from sophia_infra.tls.endpoints import look, read
    from sophia_infra.tls.endpoints.judge import judge

    fields, now = resource.fields, clock.now()
    names = tuple(map(str, fields.get("domains") or ()))
    wanted = f"{fields.get('certificate_pem')}{fields.get('chain_pem')}"
    found = [
        (finding, bool(shown.why))
        for endpoint, shown in look(read(resource.inputs, names, SophiaError))
        for finding in judge(endpoint, shown, wanted, now)
    ]
    if wrong := [f"{each.subject}: {each.message}" for each, _ in found if each.level is Level.ERROR]:
        return Measured(Phase.FAILED, listed(wrong))
    unknown = [f"{each.subject}: {each.message}" for each, is_unknown in found if is_unknown]
    return Measured.of(listed(unknown), Phase.INCONCLUSIVE)


def _answers(check: str) -> Measured | None:
    """Ask a URL of the user's; None where the check is a command."""
    from sophia_infra.probes.kinds import probe

    if not (found := _URL(check)):
        return None
    url, status = urlsplit(found[2]), int(found[1] or 200)
    try:
        port = url.port or {"http": 80, "https": 443}[url.scheme]
    except ValueError:
        return Measured(Phase.INCONCLUSIVE, f"{check} is no URL that can be asked")
    host, path = url.hostname or "", f"{url.path or '/'}{url.query and f'?{url.query}'}"
    why = probe(host, Check(url.scheme, port, host, path, (status,), "", _ANSWERS_IN))
    return Measured.of(why and f"{check}: {why}")


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

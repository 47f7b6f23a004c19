"""Every scenario on the real engine, side by side in one stack: after each `up` a preview is empty."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.dns.backends import Backend, open_backend
from sophia_infra.dns.rr.record import apex_of, from_text, merged
from sophia_infra.dns.serial import with_serial
from tests.dns.scenarios.all import ALL
from tests.dns.scenarios.model import DOMAIN, Step
from tests.dns.scenarios.run import NO_LIMITS, text_of
from tests.dns.test_scenarios import holds
from tests.support import cloudflare_server, knot, namecheap_server
from tests.support.primary import FRAME, SECRET, master_file
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

UNMETERED = "tests.dns.unmetered:Cloudflare"
"""Named and not imported: it lifts the limit of the process that it is in, which is to be a provider's."""

SHORT = 3
"""Steps of nearly every scenario; the others have a stack of their own, for fewer runs over all zones."""
both = pytest.mark.parametrize("long", [False, True], ids=["short", "long"])

PROGRAM = """\
import json
from pathlib import Path

from sophia_infra import IntelligentDnsZone

for domain, arguments in json.loads(Path("zones.json").read_text()).items():
    IntelligentDnsZone(domain, {"domain": domain, **arguments})
"""


@pytest.fixture
def stack(engine: Path) -> Iterator[Workspace]:
    """In memory where there is such a place: a thousand zones are written here, each with its journal, to the disk."""
    memory = Path("/dev/shm")  # noqa: S108  # a folder of its own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        workspace = Workspace(Path(made), engine)
        # The engine saves its state at the end, and not after each of hundreds of resources.
        workspace.env |= {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
        workspace.program(PROGRAM)
        yield workspace


def domains(kind: str, long: bool, every: int = 1) -> dict[str, list[Step]]:
    """The steps of the short scenarios or the long ones, by domain, as far as a kind of backend can hold them.

    Of those every eighth, say, beginning with the first one.

    What must be refused is left out: it would stop the whole stack.
    """
    held = {f"z{number:03}.example": one for number, one in enumerate(ALL.values()) if holds(kind, one)}
    steps = {domain: [step for step in one.steps if not step.refused] for domain, one in held.items()}
    found = {domain: found for domain, found in steps.items() if (len(found) > SHORT) == long}
    return dict(islice(found.items(), 0, None, every))


def rounds(kind: str, long: bool, every: int = 1) -> Iterator[dict[str, Step]]:
    """The step of each zone for as many `up`s as the longest scenario has; a zone whose scenario has ended stays."""
    found = domains(kind, long, every)
    for number in range(max(map(len, found.values()))):
        yield {domain: steps[min(number, len(steps) - 1)] for domain, steps in found.items()}


def moved(lines: str, domain: str) -> str:
    """Lines of a scenario as canonical text, in another domain whose name is just as long."""
    return text_of(lines).replace(f"{DOMAIN}.", f"{domain}.")


def arguments(step: Step, domain: str, backend: dict[str, Any]) -> dict[str, Any]:
    given = {"manage": list(step.manage), "ignore": list(step.ignore)}
    named = {name: patterns for name, patterns in given.items() if patterns}
    return {"zone_text": moved(step.zone, domain), "limits": NO_LIMITS, "backend": backend, **named}


def write_by_hand(backend: Backend, lines: str) -> None:
    """Write as somebody else: a set that stands already gets these values in place of its own."""
    added = from_text(lines)
    replaced = {record.subject for record in added}
    kept = [record for record in from_text(backend.read().text) if record.subject not in replaced]
    desired = merged("", [*kept, *added])
    backend.apply(lambda live: backend.normalize(desired, live))


def assert_as_asked(backend: Backend, step: Step, domain: str) -> None:
    live, asked = backend.read(), moved(step.zone + step.kept, domain)
    given = {record.type for record in apex_of(asked)}
    whole = merged(asked, [record for record in apex_of(live.text) if record.type not in given])
    assert with_serial(live.text, 0) == with_serial(backend.normalize(whole, live), 0), domain


def test_every_eighth_short_scenario_in_zone_files(stack: Workspace) -> None:
    """Without the engine every step of all scenarios is taken, at each backend: tests/dns/test_scenarios.py."""
    in_zone_files(stack, long=False, every=8)


@both
@pytest.mark.soak
def test_every_scenario_in_zone_files(stack: Workspace, long: bool) -> None:
    in_zone_files(stack, long, every=1)


def in_zone_files(stack: Workspace, long: bool, every: int) -> None:
    """Carry the scenarios out, and let BIND load what came of them."""
    paths = {domain: stack.root / "zones" / f"db.{domain}" for domain in domains("file", long, every)}
    (stack.root / "zones").mkdir()
    config = stack.write(
        "named.conf",
        "".join(f'zone "{d}" {{ type primary; file "{p}"; check-names ignore; }};\n' for d, p in paths.items()),
    )
    for domain, path in paths.items():
        path.write_text(f"$ORIGIN {domain}.\n{FRAME}")
    settings = {domain: {"kind": "file", "path": str(path)} for domain, path in paths.items()}
    carry_out(stack, rounds("file", long, every), settings)
    subprocess.run(["named-checkconf", "-z", config], check=True, capture_output=True)


@both
@pytest.mark.soak
def test_every_scenario_at_a_primary(stack: Workspace, long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)
    first, *rest = domains("rfc2136", long)
    run, block = stack.root / "knot", knot.UPDATABLE.partition("zone:\n")[2]
    more = [block.format(domain=one, file=master_file(run, one, FRAME), signing="off") for one in rest]
    server = replace(knot.SERVER, config=knot.UPDATABLE + "".join(more))
    with server.updatable(run, domain=first) as primary:
        carry_out(stack, rounds("rfc2136", long), dict.fromkeys([first, *rest], primary.settings))


@both
@pytest.mark.soak
def test_every_scenario_at_cloudflare(stack: Workspace, long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", cloudflare_server.TOKEN)
    stack.env["PYTHONPATH"] = os.pathsep.join([str(REPO), str(REPO / "components")])
    with ExitStack() as running:
        servers = {
            domain: running.enter_context(cloudflare_server.serving(cloudflare_server.CloudflareServer(domain)))
            for domain in domains("cloudflare", long)
        }
        settings = {domain: {"kind": UNMETERED, "endpoint": server.endpoint} for domain, server in servers.items()}
        carry_out(stack, rounds("cloudflare", long), settings)


@both
@pytest.mark.soak
def test_every_scenario_at_namecheap(stack: Workspace, long: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMECHEAP_API_KEY", namecheap_server.KEY)
    names = {"username": namecheap_server.USER, "client_ip": namecheap_server.IP, "quota": [10**6] * 3}
    found = {domain.replace(".", "_"): namecheap_server.Domain([], email="MX") for domain in domains("namecheap", long)}
    with namecheap_server.running(**found) as account:
        settings = {"kind": "namecheap", "endpoint": account.endpoint, **names}
        carry_out(stack, rounds("namecheap", long), dict.fromkeys(domains("namecheap", long), settings))


def carry_out(stack: Workspace, steps: Iterator[dict[str, Step]], settings: dict[str, dict[str, Any]]) -> None:
    stack.env["SOPHIA_HOME"] = str(stack.root / ".sophia")
    backends = {domain: open_backend(one, domain) for domain, one in settings.items()}
    before: dict[str, Step] = {}
    for now in steps:
        for domain, step in now.items():
            if step.by_hand and step is not before.get(domain):
                write_by_hand(backends[domain], moved(step.by_hand, domain))
        zones = {domain: arguments(step, domain, settings[domain]) for domain, step in now.items()}
        stack.write("zones.json", json.dumps(zones))
        stack.up()
        stack.preview("--expect-no-changes")
        for domain, step in now.items():
            assert_as_asked(backends[domain], step, domain)
        before = now

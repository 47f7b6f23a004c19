"""Record what a release leaves behind: the stack's state, the journal and the files of a few small programs.

    python tests/support/record.py CHECKOUT FOLDER

runs each program below on the engine with the components and the stand-ins of CHECKOUT, and writes one folder for each
into FOLDER. What differs from machine to machine is replaced by names that stay: `tests/support/recorded.py` puts a
test's own folder and ports in their place. tests/fixtures/release_0_1/README.md says what the files are.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ROOT = "/srv/shop"
PRIMARY_PORT, HTTP_PORT, POOL_PORT = 40053, 40080, 40011
STAMP = "2026-11-23T12:00:00Z"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

APEX: list[dict[str, Any]] = [
    {"name": "@", "type": "NS", "values": ["ns1.dns.example.", "ns2.dns.example."]},
    {"name": "@", "type": "A", "values": ["192.0.2.1"], "ttl": 300},
    {"name": "@", "type": "MX", "values": ["10 mail.shop.example."]},
    {"name": "mail", "type": "A", "values": ["192.0.2.3"]},
    {"name": "www", "type": "CNAME", "values": ["shop.example."]},
]
NO_MAIL = [record for record in APEX if record["type"] != "MX"]
MISTAKEN = [*NO_MAIL, {"name": "@", "type": "MX", "values": ["10 mail.shop.example.shop.example."]}]
STALL: dict[str, Any] = {"name": "stall", "type": "A", "values": ["192.0.2.7"]}
LATE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
class Balancer(ResourceProvider):
    def create(self, props):
        return CreateResult("lb", {"address": "192.0.2.50", "token": "canary-7f3a"})
class LoadBalancer(Resource):
    address: pulumi.Output[str]
    token: pulumi.Output[str]
    def __init__(self, name):
        opts = pulumi.ResourceOptions(additional_secret_outputs=["token"])
        super().__init__(Balancer(), name, {"address": None, "token": None}, opts)
balancer = LoadBalancer("lb")
"""
LATE_RECORDS = f"""{APEX!r} + [
    {{"name": "api", "type": "A", "ttl": 300, "values": [balancer.address, "192.0.2.51"]}},
    {{"name": "_token", "type": "TXT", "value": balancer.token}},
]"""

# Started by every Python of a recorded run: notes what the engine hands to `check`.
HOOK = """
import json, os
from sophia_infra.dns.provider import ZoneRecordsProvider
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.key_resource import CertificateKeyProvider

def noted(provider):
    check = provider.check
    def checked(self, olds, news):
        with open(os.environ["RECORD_CHECKS"], "a") as file:
            call = {"provider": f"{provider.__module__}:{provider.__name__}", "news": news}
            file.write(json.dumps(call, default=lambda _: None) + "\\n")
        return check(self, olds, news)
    provider.check = checked

for provider in (ZoneRecordsProvider, CertificateProvider, CertificateKeyProvider):
    noted(provider)
"""


class Recording:
    """One program on its way through its runs. `program` sets it, `up` carries it out at a time."""

    def __init__(self, workspace: Any, folder: Path, checkout: Path) -> None:
        self.workspace = workspace
        self.folder = folder
        self.names: dict[str, str] = {str(workspace.root): ROOT}
        self.live: Any = None
        self.settings: dict[str, str] = {}
        self.now = START
        hooks = workspace.root / ".hooks"
        hooks.mkdir()
        (hooks / "sitecustomize.py").write_text(HOOK)
        parts = [hooks, checkout / "components", checkout / "examples" / "custom-backend", checkout]
        workspace.env["PYTHONPATH"] = os.pathsep.join(map(str, parts))
        workspace.env["RECORD_CHECKS"] = str(workspace.root / ".checks")
        workspace.env |= {"SOPHIA_NOW": START.isoformat(), "SOPHIA_REHEARSAL": "apply"}
        # for what looks for its folder from the user's own
        workspace.env["XDG_STATE_HOME"] = str(workspace.root / ".state-home")

    def program(self, records: Any = APEX, *, before: str = "", **arguments: Any) -> None:
        listed = records if isinstance(records, str) else repr(records)
        self.workspace.program(
            f"import pulumi\nfrom sophia_infra import IntelligentDnsZone\n{before}\n"
            f'IntelligentDnsZone("shop", {{**{ ({"domain": "shop.example"} | arguments)!r}, "records": {listed}}})\n'
        )

    def at(self, **later: float) -> None:
        self.now = START + timedelta(**later)
        self.workspace.env |= {"SOPHIA_NOW": self.now.isoformat(), "SOPHIA_REHEARSAL": "apply"}

    def up(self, *arguments: str) -> None:
        (self.workspace.root / ".checks").unlink(missing_ok=True)
        self.workspace.up(*arguments)

    def sophia(self, *arguments: str) -> str:
        environment = os.environ | self.workspace.environment()
        command = [sys.executable, "-m", "sophia_infra", *arguments]
        done = subprocess.run(
            command, cwd=self.workspace.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    def setting(self, key: str, value: str) -> None:
        self.settings[key] = value
        self.workspace.config(key, value, secret=True)

    @property
    def zone_file(self) -> Path:
        path: Path = self.workspace.root / "zones" / "db.shop.example"
        return path


def zone_file(run: Recording) -> None:
    """A zone in a file, and a delete that an override has accepted."""
    run.program()
    run.up()
    accepted = {"names": ["@ MX"], "until": "2026-12-01", "why": "mail moves to the parent domain"}
    run.program(NO_MAIL, overrides=[accepted], protect=["www"])
    run.at(minutes=5)
    run.up()


def staged(run: Recording) -> None:
    """A switch whose TTL is lowered, and which waits."""
    old = [{**record, "ttl": 86_400} if record["name"] == "mail" else record for record in APEX]
    run.program(old)
    run.up()
    run.program(
        [{**record, "values": ["192.0.2.4"]} if record["name"] == "mail" else record for record in old], staged=["mail"]
    )
    run.at(minutes=5)
    run.up()
    run.at(hours=2)


def pooled(run: Recording) -> None:
    """A pool of which a target failed one of two probes."""
    from tests.probes.servers import Fleet

    fleet = Fleet()
    fleet.start("127.0.0.11", "127.0.0.12", "127.0.0.14")
    try:
        run.names[str(fleet.port)] = str(POOL_PORT)
        targets = [["127.0.0.11", "127.0.0.12"], ["127.0.0.14"]]
        run.program(pools=[{"name": "app", "targets": targets, "check": {"kind": "tcp", "port": fleet.port}}])
        run.up()
        run.at(minutes=5)
        fleet.stop("127.0.0.12")
        run.up()
    finally:
        fleet.close()


def created(run: Recording) -> None:
    """A part of somebody else's zone: what this stack created."""
    run.zone_file.parent.mkdir()
    run.zone_file.write_text(
        "$ORIGIN shop.example.\n$TTL 1h\n@ IN SOA ns1.old. h.old. 2030010101 1 2 3 4\n@ IN NS ns1.dns.example.\n"
        "@ IN A 192.0.2.1\ntheirs IN A 192.0.2.99\n"
    )
    run.program([STALL], manage=["created"])
    run.up()


def patterns(run: Recording) -> None:
    """Two parts of one zone on a name server, told apart by patterns."""
    with primary(run) as settings:
        run.program([STALL, {"name": "a.stall", "type": "TXT", "values": ["x"]}],
                    manage=["stall", "**.stall"], ignore=["_acme-challenge.stall"], backend=settings)  # fmt: skip
        run.up()


def rfc2136(run: Recording) -> None:
    """A whole zone on a name server."""
    with primary(run) as settings:
        run.program(backend=settings)
        run.up()


@contextmanager
def primary(run: Recording) -> Iterator[dict[str, Any]]:
    from tests.support import knot
    from tests.support.primary import FRAME, SECRET

    with knot.updatable(run.workspace.root.with_name("server"), FRAME.replace("provider", "dns")) as server:
        run.names[str(server.port)] = str(PRIMARY_PORT)
        run.setting("sophia:tsigSecret", SECRET)
        yield server.settings
        run.live = transferred(server)


def transferred(server: Any) -> str:
    """The zone as the server holds it, a record a line, with its serial."""
    import dns.query
    import dns.zone

    key = server.key
    keyring = {key.name: key}
    answer = dns.query.xfr("127.0.0.1", server.domain, port=server.port, keyring=keyring, lifetime=30, relativize=False)
    zone = dns.zone.from_xfr(answer, relativize=False)
    lines = [f"{name} {ttl} {dns.rdatatype.to_text(data.rdtype)} {data}" for name, ttl, data in zone.iterate_rdatas()]
    return "".join(f"{line}\n" for line in sorted(lines, key=lambda line: (" SOA " not in line, line)))


def cloudflare(run: Recording) -> None:
    """A zone at Cloudflare."""
    from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving

    with serving(CloudflareServer()) as server:
        run.names[server.endpoint.split(":")[2].partition("/")[0]] = str(HTTP_PORT)
        run.setting("sophia:cloudflareToken", TOKEN)
        run.program(backend={"kind": "cloudflare", "endpoint": server.endpoint, "timeout": 20})
        run.up()
        run.live = dict(server.objects)


def namecheap(run: Recording) -> None:
    """A zone at Namecheap, with a redirect that is somebody else's."""
    from tests.support import namecheap_server as standin

    redirect = ("old", "URL301", "https://www.shop.example/", "10", 1800)
    with standin.running(shop_example=standin.Domain([redirect])) as account:
        run.names[account.endpoint.split(":")[2].partition("/")[0]] = str(HTTP_PORT)
        names = {"username": standin.USER, "client_ip": standin.IP, "quota": [1000, 1000, 8000]}
        run.setting("sophia:namecheapApiKey", standin.KEY)
        records = [record for record in APEX if record["type"] != "NS"]
        run.program(records, backend={"kind": "namecheap", "endpoint": account.endpoint, **names})
        run.up()
        domain = account.domains["shop.example"]
        run.live = {"hosts": domain.hosts, "email": domain.email}


def custom(run: Recording) -> None:
    """A zone in a backend of the stack's own."""
    run.program(backend={"kind": "inventory:Inventory", "database": "inventory.db"})
    run.up()


def certificate(run: Recording) -> None:
    """A certificate of the embedded CA, fresh; a test's clock makes it due."""
    run.workspace.program(
        "from sophia_infra import SelfHealingCert\n"
        'SelfHealingCert("shop", {"domains": ["shop.example", "*.shop.example"]})\n'
    )
    run.up()
    run.at(days=1)


def killed_before_write(run: Recording) -> None:
    """A run that was killed between its intent and its write."""
    from tests.support.workspace import kill_all, wait_until

    run.program()
    run.up()
    run.at(minutes=5)
    run.program([*APEX, STALL])
    (run.workspace.root / ".checks").unlink()
    with (run.zone_file.parent / ".db.shop.example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = run.workspace.start("up", "--yes", "--skip-preview")
        wait_until(lambda: kinds(run)[-1:] == ["apply-intent"], "the intent")
        kill_all(process)
    run.workspace.cancel()


def killed_after_write(run: Recording) -> None:
    """A run that was killed between its write and its outcome: the records that it created stand in no state."""
    from tests.support.workspace import kill_all, wait_until

    created(run)
    run.at(minutes=5)
    run.program([STALL, {"name": "api", "type": "A", "values": ["192.0.2.8"]}], manage=["created"])
    (run.workspace.root / ".checks").unlink()
    with (run.zone_file.parent / ".db.shop.example.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = run.workspace.start("up", "--yes", "--skip-preview")
        wait_until(lambda: kinds(run)[-1:] == ["apply-intent"], "the intent")
        with closing(sqlite3.connect(run.workspace.root / ".sophia" / "journal.db")) as db:
            db.execute("BEGIN IMMEDIATE")  # the outcome has to wait
            fcntl.flock(lock, fcntl.LOCK_UN)
            wait_until(lambda: "192.0.2.8" in run.zone_file.read_text(), "the write")
            kill_all(process)
            db.execute("ROLLBACK")
    run.workspace.cancel()


def kinds(run: Recording) -> list[str]:
    return [row[2] for row in rows(run.workspace.root / ".sophia" / "journal.db")]


def approved(run: Recording) -> None:
    """An edit that a person approved, and that was applied."""
    run.program(MISTAKEN)
    run.up()
    run.workspace.preview()
    listed = json.loads(run.sophia("advice", "list", "--json"))["advice"]
    run.at(minutes=5)
    run.sophia("advice", "approve", listed[0]["id"][:12], "--yes")
    run.up()


def late(run: Recording) -> None:
    """Values that another resource produces, a secret one among them."""
    run.program(LATE_RECORDS, before=LATE)
    run.up()


CASES: dict[str, Callable[[Recording], None]] = {
    found.__name__: found
    for found in (
        zone_file, staged, pooled, created, patterns, rfc2136, cloudflare, namecheap, custom, certificate,
        killed_before_write, killed_after_write, approved, late,
    )
}  # fmt: skip


def rows(journal: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(journal, timeout=60)) as db:
        return list(db.execute("SELECT * FROM entries ORDER BY sequence"))


def neutral(run: Recording) -> Callable[[str], str]:
    """What replaces the names of this machine, of its runs and of their holders in a text."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        number = len(numbers) + 1
        if "@" in found[0]:
            return numbers.setdefault(found[0], f"{number}@{number}@00000000-0000-0000-0000-000000000000")
        if "-" in found[0]:
            return numbers.setdefault(found[0], f"{number:08x}-0000-0000-0000-000000000000")
        return numbers.setdefault(found[0], f"{number:032x}")

    def replaced(text: str) -> str:
        for name, other in run.names.items():
            text = text.replace(name, other)
        text = re.sub(rf"\b\d+@\d+@{UUID}|\b(?!0{{6}}){UUID}", numbered, text)
        return re.sub(r'(?<="holder":")[0-9a-f]{32}|(?<="holder": ")[0-9a-f]{32}', numbered, text)

    return replaced


def pretty(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def write(run: Recording, folder: Path) -> list[list[Any]]:
    """Write the folder of a case, and return the rows of its journal."""
    told, root = neutral(run), run.workspace.root
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = [list(row[1:5]) for row in rows(root / ".sophia" / "journal.db")]
    journal = [[*json.loads(told(json.dumps(row[:3]))), json.loads(told(row[3]))] for row in found]
    (folder / "journal.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in journal))
    (folder / "state.json").write_text(told(pretty(state(run))))
    checks = [json.loads(line) for line in (root / ".checks").read_text().splitlines()]
    last = {(call["provider"], call["news"].get("label")): call for call in checks}
    (folder / "checks.json").write_text(told(pretty(list(last.values()))))
    (folder / "program.txt").write_text(told((root / "__main__.py").read_text()))
    case = {"now": run.now.isoformat(), "live": run.live, "settings": run.settings}
    (folder / "case.json").write_text(told(pretty(case)))
    for path in sorted([*root.glob("zones/*"), *root.glob("inventory.db"), *root.glob(".sophia/ca/**/*")]):
        if path.is_file() and not path.name.endswith(("lock", ".gitignore")):
            target = folder / "files" / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return journal


def state(run: Recording) -> dict[str, Any]:
    """The stack as `pulumi stack export` shows it, with its secrets, and with no time of today."""
    exported: dict[str, Any] = json.loads(run.workspace.pulumi("stack", "export", "--show-secrets").stdout)
    deployment = exported["deployment"]
    deployment["manifest"]["time"] = STAMP
    begun = [operation["resource"] for operation in deployment.get("pending_operations", ())]
    for resource in [*deployment["resources"], *begun]:
        resource |= {name: STAMP for name in ("created", "modified") if name in resource}
        for name in ("stackTrace", "sourcePosition"):
            resource.pop(name, None)
    return exported


def answer(folder: Path, checkout: Path) -> None:
    """Let the release answer the questions about what it left."""
    paths = [checkout / "components", checkout / "examples" / "custom-backend", checkout]
    script = str(Path(__file__).with_name("recorded.py"))
    with tempfile.TemporaryDirectory() as made:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "XDG_STATE_HOME": made}
        command = [sys.executable, script, str(folder), f"{made}/project"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    (folder / "answers.json").write_text(pretty(json.loads(done.stdout)))


APPEND = """
import json, os, sys
from sophia_infra.journal import Kind
from sophia_infra.journal import Journal
journal = Journal.open(sys.argv[1])
for line in sys.stdin:
    time, kind, key, body = json.loads(line)
    os.environ["SOPHIA_NOW"] = time
    journal.storage.append(Kind(kind), key, body)
"""


def write_journal(journal: list[list[Any]], folder: Path, checkout: Path) -> None:
    """Let the release itself write all rows into one journal, byte for byte."""
    with tempfile.TemporaryDirectory() as made:
        subprocess.run(
            [sys.executable, "-c", APPEND, made], input="".join(f"{json.dumps(row)}\n" for row in journal),
            text=True, check=True, env=os.environ | {"PYTHONPATH": str(checkout / "components")},
        )  # fmt: skip
        for name in ("journal.db", "journal.head"):
            shutil.copyfile(Path(made) / name, folder / name)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--case", action="append", choices=CASES)
    given = parser.parse_args()
    checkout = given.checkout.resolve()
    sys.path[:0] = [str(checkout), str(checkout / "components")]
    from tests.support.workspace import Workspace

    engine = Path(os.environ["SOPHIA_ENGINE_BIN"])
    every: list[list[Any]] = []
    for name, make in CASES.items():
        if given.case and name not in given.case:
            continue
        with tempfile.TemporaryDirectory() as made:
            run = Recording(Workspace(Path(made).resolve() / "project", engine, project="shop"), given.folder, checkout)
            make(run)
            every += write(run, given.folder / name)
        answer(given.folder / name, checkout)
        print(name, "recorded")  # noqa: T201  # a command
    if not given.case:
        write_journal(every, given.folder, checkout)


if __name__ == "__main__":
    main()

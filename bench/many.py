"""A stack of many small zones: against bare resources that carry the same text, and against `octodns-sync`."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path

import yaml

from bench.figures import Compare, Figure
from bench.peers.octodns import as_data
from bench.stacks import stack
from bench.timing import in_turn
from bench.zones import ORIGIN, next_version, zone
from sophia_infra.dns.rr.record import Record, to_text
from sophia_infra.journal import Journal, Kind
from tests.support import history
from tests.support.history import Past
from tests.support.workspace import Workspace

ZONES, RECORDS = 400, 30
_PER_ZONE = 250
"""Records of `--size` for each zone: the usual 100,000 stand for 400 zones."""
PREVIEW_RATIO = UP_RATIO = 1.5
OLD_RATIO, ROWS_PER_RECORD = 1.1, 10
"""An old journal has a million rows where `--size` is 100,000."""

_SECONDS = 1800
"""How long one run may take: on a busy machine the first of 400 zones takes minutes."""
_FILES = "from pathlib import Path\n\nfiles = sorted(Path('records').iterdir())\n"
OURS = f"""
from sophia_infra import IntelligentDnsZone
{_FILES}
for file in files:
    IntelligentDnsZone(file.stem, {{"domain": file.stem, "zone_file": str(file)}})
"""
BARE = f"""
from bench.programs.bare import Text
{_FILES}
for file in files:
    Text(file.stem, file.read_text())
"""
LEAST = f"""
from bench.programs.published import Around
{_FILES}
for file in files:
    Around(file.stem, file.read_text())
"""


class Growing:
    """A stack of zones; before each `up`, every zone has one changed record set more."""

    def __init__(self, workspace: Workspace, zones: int) -> None:
        self._workspace, self._zones = workspace, zones
        self._versions = count()
        self.up()

    def age(self, rows: int) -> None:
        """Give the journal so many rows that earlier runs wrote."""
        history.write(
            Journal.open(self._workspace.root / ".sophia"), islice(_past(self._workspace.root, self._zones), rows)
        )

    def preview(self) -> None:
        self._workspace.pulumi("preview", timeout=_SECONDS)

    def up(self) -> None:
        version = next(self._versions)
        for number in range(self._zones):
            domain = _domain(number)
            text = to_text(_records(domain, version))
            self._workspace.write(f"records/{domain}.zone", text)
        self._workspace.up(timeout=_SECONDS)


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Preview many zones in which nothing changed, change a set of each, and do nothing as `octodns-sync` does it."""
    zones = max(2, size // _PER_ZONE)
    programs = {"ours": OURS, "bare": BARE, "least": LEAST}
    ours, bare, least = (Growing(stack(folder, name, program), zones) for name, program in programs.items())
    idle = in_turn(ours.preview, bare.preview, rounds)
    idle_least = in_turn(ours.preview, least.preview, rounds)
    changed = in_turn(ours.up, bare.up, min(rounds, 2), warm_up=False)
    changed_least = in_turn(ours.up, least.up, min(rounds, 2), warm_up=False)
    old = Growing(stack(folder, "old", OURS), zones)
    old.age(size * ROWS_PER_RECORD)
    aged = in_turn(old.preview, ours.preview, rounds)
    peer = in_turn(ours.preview, partial(_sync, _octodns(folder / "octodns", zones)), min(rounds, 2))
    what = f"{zones} zones of {RECORDS} records"
    return [
        Figure(
            f"preview, nothing changed, {what}, against bare resources",
            "s",
            idle[0].wall,
            idle[1].wall,
            Compare.RATIO,
            PREVIEW_RATIO,
            (idle[0].cpu, idle[1].cpu),
        ),
        Figure(
            f"up, a set changed in each of {what}, against bare resources",
            "s",
            changed[0].wall,
            changed[1].wall,
            Compare.RATIO,
            UP_RATIO,
            (changed[0].cpu, changed[1].cpu),
        ),
        *(
            Figure(
                f"{what_is_run}, against a component that publishes and does nothing",
                "s",
                ours_least.wall,
                other.wall,
                Compare.RATIO,
                cpu=(ours_least.cpu, other.cpu),
            )
            for what_is_run, (ours_least, other) in (("the same preview", idle_least), ("the same up", changed_least))
        ),
        Figure(
            f"the same preview, {size * ROWS_PER_RECORD} rows in the journal, against a young one",
            "s",
            aged[0].wall,
            aged[1].wall,
            Compare.RATIO,
            OLD_RATIO,
            (aged[0].cpu, aged[1].cpu),
        ),
        Figure(
            f"preview, nothing changed, {what}, against octodns-sync",
            "s",
            peer[0].wall,
            peer[1].wall,
            Compare.RATIO,
            cpu=(peer[0].cpu, peer[1].cpu),
            note="ours has the engine around it",
        ),
    ]


def _past(root: Path, zones: int) -> Iterator[Past]:
    """Yield what runs of months ago planned and applied of the same zones, and of as many others."""
    for number in count():
        domain = _domain(number % (2 * zones))
        location = str(root / "zones" / f"db.{domain}")
        row = {"run": f"run {number // zones}", "place": location, "domain": domain, "label": domain, "holder": domain}
        yield Past(Kind.PLAN, f"{location} all", row)
        yield Past(Kind.INTENT, location, {**row, "created": [f"host-{number % 50} A"]})
        yield Past(Kind.OUTCOME, location, row)


def _domain(number: int) -> str:
    return f"zone-{number:04}.example"


def _records(domain: str, version: int) -> list[Record]:
    """Return the zone of 30 records below a domain of its own, in which so many sets are not as they were at first."""
    records = zone(RECORDS)
    for number in range(1, version + 1):
        records = next_version(records, 1, number)
    return [record._replace(rdata=record.rdata.replace(ORIGIN, f"{domain}.")) for record in records]


def _octodns(folder: Path, zones: int) -> Path:
    """Write the zones as YAML, bring them out to zone files once, and return the configuration."""
    settings = {
        "providers": {
            "yaml": {"class": "octodns.provider.yaml.YamlProvider", "directory": str(folder / "yaml")},
            "files": {"class": "octodns_bind.ZoneFileProvider", "directory": str(folder / "zones")},
        },
        "zones": {f"{_domain(number)}.": {"sources": ["yaml"], "targets": ["files"]} for number in range(zones)},
    }
    for name in ("yaml", "zones"):
        (folder / name).mkdir(parents=True)
    for number in range(zones):
        data = as_data(to_text(_records(_domain(number), 0)))
        (folder / "yaml" / f"{_domain(number)}.yaml").write_text(yaml.safe_dump(data))
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(settings))
    _sync(config, "--doit", "--force")
    return config


def _sync(config: Path, *options: str) -> None:
    command = [str(Path(sys.executable).with_name("octodns-sync")), "--config-file", str(config), "--quiet", *options]
    subprocess.run(command, check=True, capture_output=True)

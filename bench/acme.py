"""Certificates of a real Pebble by DNS-01 through a real Knot: this library, alone and in `pulumi up`, and peers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.figures import Compare, Figure
from bench.peers import certbot, lego, order
from bench.peers.missing import MissingError
from bench.stacks import stack
from bench.timing import Series, all_in_turn, variables
from engine import pebble as program
from engine.ways import WayClosedError
from sophia_infra.tls import keys
from sophia_infra.tls.spec import KeyType
from tests.support import knot, pebble
from tests.support.pebble import Pebble
from tests.support.primary import FRAME, SECRET, Primary

DOMAIN = "bench.example"
_PER_CERTIFICATE = 10_000
"""Records of `--size` for each certificate: the usual 100,000 stand for 10."""
PEERS: Mapping[str, Callable[[Path, "Servers"], Callable[[str], object]]] = {
    "certbot": certbot.ordering,
    "lego": lego.ordering,
}
ONE: Mapping[str, float] = {"certbot": 0.5, "lego": 1.0}
"""The most of a peer's time that one issuance may take."""
MANY: Mapping[str, float] = {"certbot": 5.0, "lego": 1.0}
"""How many times faster than a peer many are to be."""
_SECONDS = 1800
_OURS = """
import json
from pathlib import Path

from sophia_infra import SelfHealingCert

settings = json.loads(Path("settings.json").read_text())
for number, name in enumerate(json.loads(Path("names.json").read_text())):
    SelfHealingCert(f"cert-{number}", {"domains": [name], **settings})
"""


@dataclass(frozen=True, slots=True)
class Servers:
    """The CA and the primary that every side uses; `name` makes one that no order was for."""

    ca: Pebble
    primary: Primary
    _made: Iterator[int] = field(default_factory=count)

    def name(self) -> str:
        return f"host-{next(self._made)}.{DOMAIN}"

    @property
    def settings(self) -> dict[str, Any]:
        """What a certificate says of them."""
        zone = {"domain": DOMAIN, "backend": self.primary.settings}
        return {"issuer": self.ca.issuer, "challenge": {"kind": "dns-01", "zones": [zone]}}


def figures(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Order one certificate, and then many; a name is new each time, so that all of them are shown."""
    many = max(2, size // _PER_CERTIFICATE)
    with _servers(folder) as servers, patch.dict(os.environ, _secret(folder / "home")):
        peers = dict(reachable(folder, servers))
        ours = {**_orders(folder, servers), "up": _up(folder / "one", servers, 1)}
        one = _counted(
            servers, 1, {**ours, **{name: partial(_times, 1, servers, peers[name]) for name in peers}}, rounds
        )
        sides = {name: partial(_times, many, servers, peers[name]) for name in peers}
        rounds = min(rounds, 2)  # a hundred of each take minutes, and all have been run
        stacks = [_up(folder / f"many-{number}", servers, many) for number in range(rounds)]
        ups = {"new": _one_each(stacks), "again": _one_each(stacks)}
        all_of_them = _counted(servers, many, {**ups, **sides}, rounds, warm_up=False)
    found = []
    for peer in peers:
        found += [
            _figure(f"one certificate, {what}, against {peer}", one[side], one[peer], Compare.RATIO, target)
            for side, what, target in (
                ("call", "the order alone", ONE[peer]),
                ("process", "the order in a process of its own", None),
                ("up", "by a whole `pulumi up`", None),
            )
        ]
        found += [
            _figure(f"{many} {what}, against {peer} run {many} times", all_of_them[side], all_of_them[peer], *compare)
            for side, what, *compare in (
                ("new", "certificates in one `pulumi up`", Compare.FASTER, MANY[peer]),
                ("again", "of them ordered anew for other names", Compare.FASTER, None),
            )
        ]
    return found


def _one_each(deeds: Iterable[Callable[[], object]]) -> Callable[[], object]:
    """Return what does the next of these each time."""
    left = iter(deeds)

    def deed() -> None:
        next(left)()

    return deed


def _times(times: int, servers: Servers, ordering: Callable[[str], object]) -> None:
    for _ in range(times):
        ordering(servers.name())


def _figure(name: str, ours: Series, other: Series, compare: Compare, target: float | None) -> Figure:
    return Figure(f"ACME, {name}", "s", ours.wall, other.wall, compare, target, (ours.cpu, other.cpu))


def _counted(
    servers: Servers, each: int, sides: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: bool = True
) -> Mapping[str, Series]:
    """Time the sides in turn, and see that all of them were given what they ordered."""
    before = servers.ca.issued
    found = all_in_turn(sides, rounds, warm_up=warm_up)
    issued, asked = servers.ca.issued - before, each * len(sides) * (rounds + warm_up)
    if issued != asked:
        raise AssertionError(f"{issued} certificates were issued, not {asked}")
    return found


@contextmanager
def _servers(folder: Path) -> Iterator[Servers]:
    if not knot.installed():
        raise MissingError("Knot is not installed: python -m engine.debian gets it")
    try:
        program.ensure()
    except WayClosedError as closed:
        raise MissingError(f"Pebble could not be built: {closed}") from None
    frame = FRAME.replace("ns1.provider.example.", "localhost.").replace("@ 3600 NS ns2.provider.example.\n", "")
    with knot.updatable(folder / "knot", frame, domain=DOMAIN) as primary:
        at, steady = f"127.0.0.1:{primary.port}", {"PEBBLE_WFE_NONCEREJECT": "0"}
        with pebble.running(folder / "pebble", steady, name_server=at, has_web_server=False) as ca:
            ca.resolver.behind = primary.port
            yield Servers(ca, primary)


def reachable(folder: Path, servers: Servers) -> Iterator[tuple[str, Callable[[str], object]]]:
    for name, ordering in PEERS.items():
        try:
            yield name, ordering(folder / name, servers)
        except MissingError as missing:
            print(f"note: not measured against {name}: {missing}", file=sys.stderr)


def _orders(folder: Path, servers: Servers) -> Mapping[str, Callable[[], object]]:
    """Return what orders a certificate as `up` does: within this process, and in one of its own."""
    account = keys.private_pem(keys.generate(KeyType.ECDSA_P256))
    settings, file = {**servers.settings, "account_key": account}, folder / "settings.json"
    file.write_text(json.dumps(settings))
    command, env = [sys.executable, "-m", "bench.peers.order", str(file)], os.environ | variables(folder / "cache")

    def process(name: str) -> None:
        subprocess.run([*command, name], env=env, check=True, capture_output=True)

    return {
        "call": partial(_times, 1, servers, partial(order.certificate, settings)),
        "process": partial(_times, 1, servers, process),
    }


def _up(folder: Path, servers: Servers, certificates: int) -> Callable[[], object]:
    """Return what runs `pulumi up` on a stack, each time with other names in its certificates."""
    made = stack(folder, "stack", _OURS)
    made.env |= _secret(made.root / ".sophia")
    made.config("sophia:resolver", servers.ca.resolver.server)
    made.write("settings.json", json.dumps(servers.settings))

    def up() -> None:
        made.write("names.json", json.dumps([servers.name() for _ in range(certificates)]))
        made.up(timeout=_SECONDS)

    return up


def _secret(home: Path) -> dict[str, str]:
    return {"SOPHIA_TSIG_SECRET": SECRET, "SOPHIA_HOME": str(home)}

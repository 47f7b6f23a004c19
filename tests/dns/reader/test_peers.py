"""BIND, NSD, Knot and dnspython read our canonical text as the same records that it was made from."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import dns.xfr
import dns.zone
import pytest

from tests.dns.reader.gallery import GALLERY
from tests.support.ports import free_port
from tests.support.zone_text import canonical

HEAD = "$ORIGIN shop.example.\n"
FRAME = "$TTL 300\n@ SOA ns host 1 7200 900 1209600 300\n@ NS ns\nns A 192.0.2.53\n"
ODD = r"""
\@ TXT x
a\.b\ c TXT "a\010\"b\\c;d" unq\;oted \065 @ ""
\$ORIGIN TXT x
\(p\) A 192.0.2.1
*.w TXT ""
0/25 NS ns
UPPER CNAME Mixed.Case.Example.
v4 AAAA ::ffff:192.0.2.1
v5 AAAA ::192.0.2.1
v6 AAAA 1:0:0:2:0:0:0:3
v7 AAAA 1:0:2:3:4:5:6:7
u TYPE65280 \# 4 0a0b0c0d
u TYPE65281 \# 0
"""
WRITTEN = FRAME + ODD + "".join(f"g{n} {line}\n" for n, line in enumerate(GALLERY) if "WALLET" not in line)
TEXT = canonical(WRITTEN, "shop.example")
Meaning = set[tuple[object, ...]]


def meaning(zone: dns.zone.Zone) -> Meaning:
    return {
        (name.canonicalize(), rdataset.ttl, rdata.rdtype, rdata.to_wire())
        for name, node in zone.items()  # type: ignore[no-untyped-call]  # dnspython leaves it untyped
        for rdataset in node
        for rdata in rdataset
    }


def read_back(text: str) -> Meaning:
    return meaning(dns.zone.from_text(text, "shop.example", relativize=False))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("peers") / "db.shop.example"
    path.write_text(HEAD + TEXT)
    return path


def test_dnspython_reads_every_record() -> None:
    assert len(read_back(TEXT)) == len(TEXT.splitlines())


def compiled(path: Path) -> set[str]:
    command = [
        "named-compilezone",
        "-q",
        "-i",
        "none",
        "-k",
        "ignore",
        "-s",
        "full",
        "-o",
        "-",
        "shop.example",
        str(path),
    ]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.lower().splitlines())


def test_bind_reads_the_same_records_as_in_the_text_they_came_from(path: Path, tmp_path: Path) -> None:
    (tmp_path / "written").write_text(WRITTEN)
    assert compiled(path) == compiled(tmp_path / "written")
    assert len(compiled(path)) == len(TEXT.splitlines())


def test_nsd_reads_the_same_records(path: Path) -> None:
    printed = subprocess.run(["nsd-checkzone", "-p", "shop.example", path], check=True, capture_output=True, text=True)
    assert read_back(printed.stdout) == read_back(TEXT)


KNOT = """
server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
database:
    storage: {folder}
acl:
  - id: transfer
    address: 127.0.0.1
    action: transfer
zone:
  - domain: shop.example
    file: {path}
    acl: transfer
    zonefile-sync: -1
    journal-content: none
"""


@pytest.fixture
def knot(path: Path, tmp_path: Path) -> Iterator[int]:
    port = free_port()
    (tmp_path / "knot.conf").write_text(KNOT.format(folder=tmp_path, port=port, path=path))
    with subprocess.Popen(
        ["knotd", "-c", tmp_path / "knot.conf"], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as daemon:
        yield port
        daemon.terminate()


def transferred(port: int, deadline: float) -> dns.zone.Zone:
    zone = dns.zone.Zone("shop.example", relativize=False)
    while True:
        try:
            dns.query.inbound_xfr("127.0.0.1", zone, port=port, lifetime=10)
        except (OSError, dns.xfr.TransferError):
            if time.monotonic() > deadline:
                raise
        else:
            return zone


def test_knot_serves_the_same_records(knot: int) -> None:
    assert meaning(transferred(knot, time.monotonic() + 20)) == read_back(TEXT)

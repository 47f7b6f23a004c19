"""`sophia cert probe`: what a real server shows in a handshake, and what is wrong with it."""

from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra.tls import keys
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import KeyType
from tests.cli.conftest import Sophia
from tests.support.tls_server import tls_server
from tests.tls.orders import DOMAINS, order


@pytest.fixture(autouse=True)
def by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client refuses by the machine's own time, so all of this goes by it."""
    monkeypatch.delenv("SOPHIA_NOW", raising=False)
    monkeypatch.delenv("SOPHIA_CA_PASSPHRASE", raising=False)


@pytest.fixture
def served(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate with its chain, and its key; `alone.pem` beside has no chain, and the root is in `ca`."""
    key = keys.generate(KeyType.ECDSA_P256)
    ca = EmbeddedCa.at(str(tmp_path / "ca"))
    issued = ca.issue(order(csr_pem=keys.signing_request(key, DOMAINS), lifetime=timedelta(days=90)))
    (tmp_path / "alone.pem").write_text(issued.certificate_pem)
    (tmp_path / "chain.pem").write_text(issued.certificate_pem + issued.chain_pem)
    (tmp_path / "key.pem").write_text(keys.private_pem(key))
    return tmp_path / "chain.pem", tmp_path / "key.pem"


def test_what_is_well_is_told_with_its_chain(sophia: Sophia, served: tuple[Path, Path], tmp_path: Path) -> None:
    trust = ("--trust", str(tmp_path / "ca" / "root.pem"))
    with tls_server(*served) as server:
        place = f"127.0.0.1:{server.port}#shop.example"
        ran = sophia("cert", "probe", place, *trust, "--json")
        told = sophia("cert", "probe", place, *trust)
    found = ran.json("cert-probe")
    assert (ran.code, found["findings"], found["name"], found["protocol"]) == (0, [], "shop.example", "TLSv1.3")
    assert [link["subject"][:22] for link in found["chain"]] == ["CN=shop.example", "CN=Sophia embedded CA "]
    assert (told.code, told.out.count(" until ")) == (0, 2)


def test_who_does_not_trust_its_root_is_told(sophia: Sophia, served: tuple[Path, Path]) -> None:
    with tls_server(*served) as server:
        ran = sophia("cert", "probe", f"127.0.0.1:{server.port}#shop.example")
    assert ran.code == 1
    assert "endpoint-untrusted" in ran.out


def test_a_chain_that_is_not_whole_is_refused(sophia: Sophia, served: tuple[Path, Path], tmp_path: Path) -> None:
    with tls_server(tmp_path / "alone.pem", served[1]) as server:
        place = f"127.0.0.1:{server.port}#shop.example"
        ran = sophia("cert", "probe", place, "--trust", str(tmp_path / "ca" / "root.pem"), "--json")
    assert [finding["code"] for finding in ran.json("cert-probe")["findings"]] == ["endpoint-untrusted"]


def test_a_name_that_it_is_not_for_and_an_end_are_told(
    sophia: Sophia, served: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_NOW", "2099-01-01T00:00:00+00:00")
    with tls_server(*served) as server:
        ran = sophia("cert", "probe", f"127.0.0.1:{server.port}", "--json")
    codes = {finding["code"] for finding in ran.json("cert-probe")["findings"]}
    assert (ran.code, codes) == (1, {"endpoint-name", "endpoint-expired"})


def test_nobody_there_is_told(sophia: Sophia) -> None:
    ran = sophia("cert", "probe", "127.0.0.1:1#shop.example", "--json")
    found = ran.json("cert-probe")
    assert (ran.code, found["chain"], found["findings"][0]["code"]) == (1, [], "endpoint-unreachable")


@pytest.mark.parametrize("place", ["shop.example:0", "shop.example:99999", "a b", ""])
def test_a_place_that_is_none_is_refused(sophia: Sophia, place: str) -> None:
    ran = sophia("cert", "probe", place, "--json")
    assert (ran.code, ran.json("error")["error"]["code"]) == (2, "place")


def test_roots_that_can_not_be_read_are_refused(sophia: Sophia, served: tuple[Path, Path], tmp_path: Path) -> None:
    with tls_server(*served) as server:
        place = f"127.0.0.1:{server.port}#shop.example"
        ran = sophia("cert", "probe", place, "--trust", str(tmp_path / "none.pem"), "--json")
    assert (ran.code, ran.json("error")["error"]["field"]) == (2, "trust")

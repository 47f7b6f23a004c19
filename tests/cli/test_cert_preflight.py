"""`sophia cert preflight`: what an order of the certificates in a state would meet at each of their issuers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme import directory
from sophia_infra.tls.of_state import CERTIFICATE
from tests.cli.conftest import Ran, Sophia
from tests.support.resolver import Resolver, resolver
from tests.tls.orders import NOW

FIRST, NEXT = "https://first.test/dir", "https://next.test/dir"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("SOPHIA_NOW", NOW.isoformat())
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def names(here: Path) -> Iterator[Resolver]:
    """The resolver that the settings of the stack name."""
    with resolver() as served:
        served.host("www.shop.org.", "9.9.9.9")
        (here / "Pulumi.test.yaml").write_text(f"config:\n  sophia:resolver: {served.server}\n")
        yield served


@pytest.fixture(autouse=True)
def cas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two CAs: CAA records call the first one first.test, and the other next.test."""
    monkeypatch.setattr(directory, "look", lambda settings: (settings.directory.split("/")[2],))


def acme(*directories: str, webroot: Path | str = ".") -> dict[str, Any]:
    first, *others = [{"kind": "acme", "directory": each} for each in directories]
    return {"issuer": first, "others": others, "challenge": {"kind": "http-01", "webroot": str(webroot)}}


def run(sophia: Sophia, *more: str, **inputs: Any) -> Ran:
    asked = {"label": "demo/test/shop", "domains": ["www.shop.org"], "not_after": NOW.isoformat(), **inputs}
    urn = f"urn:pulumi:test::demo::sophia:index:SelfHealingCert${CERTIFICATE}::shop"
    resource = {"urn": urn, "type": CERTIFICATE, "custom": True, "id": "x", "inputs": asked, "outputs": asked}
    Path("state.json").write_text(json.dumps({"version": 3, "deployment": {"resources": [resource]}}))
    return sophia("cert", "preflight", "--state", "state.json", *more)


def forbid(names: Resolver, *, but: str) -> None:
    names.table["shop.org."] = [f'shop.org. 300 IN CAA 0 issue "{but}"']


def test_what_nothing_stands_in_the_way_of_is_clear(sophia: Sophia, names: Resolver, here: Path) -> None:
    ran = run(sophia, "--json", **acme(FIRST, webroot=here))
    (found,) = ran.json("cert-preflight")["certificates"]
    assert (ran.code, found["name"], found["is_clear"]) == (0, "shop", True)
    assert found["issuers"] == [{"issuer": FIRST, "refused": "", "findings": []}]
    assert "www.shop.org. A" in names.asked  # at the resolver of the stack's file


def test_what_blocks_an_order_is_exit_1_with_its_finding(sophia: Sophia, names: Resolver, here: Path) -> None:
    forbid(names, but="other.org")
    ran = run(sophia, "--json", **acme(FIRST, webroot=here))
    (found,) = ran.json("cert-preflight")["certificates"]
    assert (ran.code, found["is_clear"]) == (1, False)
    assert [finding["code"] for finding in found["issuers"][0]["findings"]] == ["caa-forbids-issuer"]
    shown = run(sophia, **acme(FIRST, webroot=here)).out
    assert shown.startswith(f"shop: {FIRST} would not sign\n  error caa-forbids-issuer www.shop.org: ")


def test_one_issuer_that_takes_it_is_enough(sophia: Sophia, names: Resolver, here: Path) -> None:
    forbid(names, but="next.test")
    ran = run(sophia, "--json", **acme(FIRST, NEXT, webroot=here))
    (found,) = ran.json("cert-preflight")["certificates"]
    assert (ran.code, found["is_clear"]) == (0, True)
    assert [len(asked["findings"]) for asked in found["issuers"]] == [1, 0]


def test_a_ca_that_refuses_says_why(sophia: Sophia, names: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(settings: Any) -> tuple[str, ...]:
        raise IssuerError(f"{settings.directory} is down", code="unreachable")

    monkeypatch.setattr(directory, "look", down)
    ran = run(sophia, "--json", **acme(FIRST))
    assert (ran.code, ran.json("cert-preflight")["certificates"][0]["issuers"][0]["refused"]) == (1, f"{FIRST} is down")
    assert names.asked == []


def test_the_embedded_ca_takes_what_it_may_sign_for_alone(sophia: Sophia, here: Path) -> None:
    folder = str(here / "ca")
    assert run(sophia, issuer={"folder": folder}).out == f"shop: {folder} takes it\n"
    ran = run(sophia, issuer={"folder": folder, "permitted": ["else.test"]})
    assert ran.code == 1
    assert "is outside what this CA may sign for" in ran.out
    assert not (here / "ca").exists()


def test_inputs_that_can_not_be_read_are_told(sophia: Sophia) -> None:
    ran = run(sophia, "--json", domains=["no name"])
    (found,) = ran.json("cert-preflight")["certificates"]
    assert (ran.code, found["is_clear"], found["issuers"]) == (1, False, [])
    assert found["unknown"]


def test_settings_that_can_not_be_read_are_refused_without_a_word_of_them(sophia: Sophia, here: Path) -> None:
    (here / "Pulumi.test.yaml").write_text("config: [hunter2\n")
    ran = run(sophia, "--json", **acme(FIRST))
    assert (ran.code, ran.json("error")["error"]["field"]) == (2, "Pulumi.test.yaml")
    assert "hunter2" not in ran.out + ran.err


def test_a_credential_that_the_stack_s_file_refers_to_is_used(
    sophia: Sophia, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOPHIA_TSIG_SECRET", raising=False)
    monkeypatch.setenv("WRITER", "c2VjcmV0IG9mIHRoZSB0ZXN0cw==")
    backend = {"kind": "rfc2136", "server": "127.0.0.1:1", "key_name": "writer"}
    asked = {**acme(FIRST), "zone": "shop.org", "challenge": {"kind": "dns-01", "backend": backend}}
    told = []
    for line in ("", "\n  sophia:tsigSecret: env:WRITER"):
        (here / "Pulumi.test.yaml").write_text(f"config:\n  sophia:probe: 'off'{line}\n")
        (found,) = run(sophia, "--json", **asked).json("cert-preflight")["certificates"]
        told.append("there is no sophia:tsigSecret" in str(found["issuers"]))
    assert told == [True, False]

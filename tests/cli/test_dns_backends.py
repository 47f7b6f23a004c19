"""`sophia dns` is the same on every backend: a real primary, and the stand-in of Cloudflare."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Sophia
from tests.support import cloudflare_server, knot
from tests.support.primary import SECRET

ZONE = "shop.example"


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", cloudflare_server.TOKEN)
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", SECRET)


@pytest.fixture
def at_cloudflare() -> Iterator[dict[str, object]]:
    with cloudflare_server.serving(cloudflare_server.CloudflareServer()) as server:
        yield {"kind": "cloudflare", "endpoint": server.endpoint}


@pytest.fixture
def at_primary(tmp_path: Path) -> Iterator[dict[str, object]]:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    with knot.updatable(tmp_path / "run") as primary:
        yield dict(primary.settings)


@pytest.mark.parametrize("home", ["at_cloudflare", "at_primary"])
def test_a_zone_is_listed_changed_and_restored(
    sophia: Sophia, tmp_path: Path, home: str, request: pytest.FixtureRequest
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(request.getfixturevalue(home)))

    def dns(verb: str, *arguments: str) -> str:
        ran = sophia("dns", verb, ZONE, *arguments, "--settings", str(settings))
        assert ran.code == 0, ran.out + ran.err
        return ran.out

    dns("add", "www", "A", "192.0.2.1", "--yes")
    before = dns("list")
    added = json.loads(dns("add", "api", "A", "192.0.2.7", "192.0.2.8", "--ttl", "300", "--yes", "--json"))
    assert dns("list", "--name", "api") == "api 300 A 192.0.2.7\napi 300 A 192.0.2.8\n"
    dns("update", "api", "A", "192.0.2.9", "--yes")
    dns("remove", "api", "--yes")
    assert dns("list", "--name", "api") == ""
    dns("add", "late", "TXT", "v=spf1 -all", "--yes")
    dns("restore", added["backup"], "--yes")
    after = [line for line in dns("list").splitlines() if " SOA " not in line]
    assert after == [line for line in before.splitlines() if " SOA " not in line]


def test_the_undo_that_is_told_brings_a_proxied_name_back_behind_the_proxy(sophia: Sophia) -> None:
    with cloudflare_server.serving(cloudflare_server.CloudflareServer()) as server:
        server.add("A", "www.shop.example", content="192.0.2.2", ttl=1, proxied=True)
        server.add("TXT", "shop.example", content='"v=spf1 -all"', ttl=3600)
        at_home = ("--backend", "cloudflare", "--setting", f"endpoint={server.endpoint}")
        removed = sophia("dns", "remove", ZONE, "www", "--allow", "www", "--yes", *at_home)
        assert removed.code == 0, removed.out + removed.err
        undo = removed.out.partition("to undo it: sophia ")[2].partition(", with the same backend")[0]
        assert not server.named("www.shop.example")
        assert sophia(*shlex.split(undo), "--yes", *at_home).code == 0
        assert [one["proxied"] for one in server.named("www.shop.example")] == [True]

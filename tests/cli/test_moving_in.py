"""Moving in as docs/moving-in.md tells it: import, compare with what is served, and a plan that changes nothing."""

from pathlib import Path

import pytest

from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.lifecycle.check import check
from sophia_infra.dns.spec import ZoneSpec
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.cli.conftest import Sophia
from tests.support import knot

ORIGIN = ("--origin", "shop.example")
FILES = {
    "config.yaml": """\
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: ./zones}
  bind: {class: octodns_bind.Rfc2136Provider, host: 192.0.2.53}
zones:
  '*': {sources: [config], targets: [bind]}
""",
    "zones/shop.example.yaml": """\
'':
  - {type: A, value: 192.0.2.1}
  - {type: MX, value: {preference: 10, exchange: mail.shop.example.}}
  - {type: TXT, value: v=spf1 mx -all}
  - {type: NS, values: [ns1.dns-host.example., ns2.dns-host.example.]}
mail: {type: A, value: 192.0.2.25}
www: {type: CNAME, value: shop.example.}
""",
}
SOA = "@ 3600 IN SOA ns1.dns-host.example. hostmaster.shop.example. 7 7200 900 1209600 300\n"


@pytest.fixture
def octodns(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_octodns_keeps_is_what_a_server_serves_and_nothing_changes(
    sophia: Sophia, octodns: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    imported = sophia("zone", "import", str(octodns), *ORIGIN, "--strict")
    assert imported.code == 0
    zone, served = tmp_path / "shop.zone", tmp_path / "db"
    zone.write_text(imported.out)
    served.write_text(f"$ORIGIN shop.example.\n{SOA}{imported.out}")
    with knot.running("shop.example", served, tmp_path / "run") as server:
        asked = ("--server", "127.0.0.1", "--port", str(server.port))
        compared = sophia("zone", "compare", str(zone), *ORIGIN, *asked)
    assert (compared.code, compared.err) == (0, "")
    assert "equal; 6 record sets asked for" in compared.out

    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    backend = open_backend({"kind": "file", "path": str(served)}, "shop.example")
    spec = ZoneSpec.from_inputs({"domain": "shop.example", "text": imported.out}, Settings())
    changes = check(spec, ZoneState(), Journal.open(), backend)["changes"]
    assert [changes[name] for name in ("creates", "updates", "deletes")] == [0, 0, 0]

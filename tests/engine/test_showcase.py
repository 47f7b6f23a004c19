"""The stacks of this checkout, in a copy: development as it stands, production less what only Pulumi Cloud has."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from sophia_infra.esc import Environment
from sophia_infra.guard.tally import OVERRIDE
from sophia_infra.tls.arguments import SelfHealingCertArgs
from sophia_infra.tls.challenge_settings import ChallengeSettings
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.spec import ArgumentError
from sophia_infra.values import Value
from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving
from tests.support.pebble import BOUND, IN_CAA, running, skip_where_lacking
from tests.support.plugin import install
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine


@pytest.fixture
def showcase(tmp_path: Path, engine: Path) -> Workspace:
    workspace = Workspace(tmp_path / "project", engine, project="sophia-infra")
    shutil.copy(REPO / "__main__.py", workspace.root)
    shutil.copytree(REPO / "records", workspace.root / "records")
    return workspace


def configure(workspace: Workspace, stack: str, changed: dict[str, Any]) -> None:
    of_file = yaml.safe_load((REPO / f"Pulumi.{stack}.yaml").read_text()).get("config")
    environment = Environment.open(f"sophia/{stack}", REPO / "esc").pulumi_config
    settings = (of_file or {key: value.plain() for key, value in environment.items()}) | changed
    workspace.init()
    file = workspace.root / f"Pulumi.{workspace.stack}.yaml"
    own = yaml.safe_load(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**(own or {}), "config": settings}))


def test_the_development_stack_comes_up_stays_and_goes(showcase: Workspace) -> None:
    configure(showcase, "dev", {})
    (named,) = re.findall(r"foreach pack,([\w ]+),", (REPO / "Makefile").read_text())
    packs = [REPO / "policies" / name for name in named.split()]
    assert {pack.name for pack in packs} == {"blast_radius", "certificates", "secrets"}
    under = [f"--policy-pack{what}" for pack in packs for what in (f"={pack}", f"-config={pack}/dev.json")]
    showcase.up(*under)
    outputs = showcase.outputs()
    assert outputs["advice"]["findings"], "the showcase shows advice"
    assert outputs["certificate_renews"] < outputs["certificate_expires"]
    showcase.preview("--expect-no-changes")
    assert "exposure critical" in showcase.destroy("--run-program", check=False).text
    showcase.destroy("--run-program", env={OVERRIDE: "max_exposure=critical"})
    assert not (showcase.root / "zones" / "db.shop.example").exists()


def test_the_production_stack_comes_up_with_its_token_in_the_zone(showcase: Workspace) -> None:
    install(showcase, "random")
    backend = yaml.safe_load((REPO / "Pulumi.prod.yaml").read_text())["config"]["sophia-infra:backend"]
    authority = {"kind": "embedded", "folder": str(showcase.root / "ca")}
    showcase.env |= {"CLOUDFLARE_API_TOKEN": TOKEN, "XDG_STATE_HOME": str(showcase.root / "state")}
    with serving(CloudflareServer()) as cloudflare:
        changed = {
            "sophia-infra:backend": {**backend, "endpoint": cloudflare.endpoint},
            "sophia-infra:certificate": {"lifetime": "47d", "renewal_window": 0.33, "issuer": authority},
        }
        configure(showcase, "prod", changed)
        assert '"_ownership TXT"' in showcase.preview().text, "the token is not known before the apply"
        showcase.up()
        (proof,) = cloudflare.named("_ownership.shop.example")
        assert (proof["type"], proof["ttl"]) == ("TXT", 300)
        assert cloudflare.named("www.shop.example")[0]["proxied"]
        assert showcase.outputs()["advice"]["edits"] == [], "autonomy analysis proposes nothing"
        showcase.preview("--expect-no-changes")


def test_the_development_stack_orders_from_a_pebble_by_its_settings_alone(showcase: Workspace, tmp_path: Path) -> None:
    skip_where_lacking()
    zone = showcase.root / "records" / "shop.example.zone"
    zone.write_text(zone.read_text().replace('"letsencrypt.org"', f'"{IN_CAA}"'))
    with running(tmp_path / "pebble", config=BOUND) as pebble:
        (key_id, key), *_ = BOUND["externalAccountMACKeys"].items()
        issuer = {**pebble.issuer, "email": "ops@shop.example", "eab": {"kid": key_id}}
        certificate = {"domains": ["shop.example"], "issuer": issuer, "challenge": pebble.challenge}
        configure(showcase, "dev", {"sophia-infra:certificate": certificate, "sophia:resolver": pebble.resolver.server})
        path = ("--path", "sophia-infra:certificate.issuer.eab.key", key)
        showcase.pulumi("config", "set", "--secret", *path)
        said = showcase.up().text
        assert (pebble.issued, key in said + json.dumps(showcase.export())) == (1, False)
        assert showcase.outputs()["certificate_renews"] < showcase.outputs()["certificate_expires"]
        showcase.preview("--expect-no-changes")


def test_what_production_asks_of_its_certificate_is_what_a_certificate_takes() -> None:
    asked = yaml.safe_load((REPO / "Pulumi.prod.yaml").read_text())["config"]["sophia-infra:certificate"]
    (issuer,) = [IssuerSettings.read(Value("issuer", given, ArgumentError)) for given in asked["issuers"]]
    challenge = ChallengeSettings.from_inputs(
        {**asked, "zone": "shop.example", "homes": [{"kind": "file"}]}, ArgumentError
    )
    assert issuer.public
    assert challenge
    assert challenge.kind == "dns-01"
    assert asked.keys() <= SelfHealingCertArgs.__annotations__.keys()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("sophia-infra:colour", "red", "sophia-infra:colour is no setting of this stack; known are backend"),
        ("sophia-infra:certificate", {"issuer": {"kind": "vault"}}, "embedded"),
        # What the zone and the certificate refuse of what they are given, they refuse in tests of their own.
        pytest.param(
            "sophia-infra:backend",
            {"kind": "route53"},
            "backend.kind is 'route53'; known are cloudflare, file",
            marks=pytest.mark.soak,
        ),
        pytest.param("sophia-infra:certificate", {"lifetme": "47d"}, "lifetime", marks=pytest.mark.soak),
        pytest.param("sophia-infra:zone_file", "nowhere.zone", "nowhere.zone", marks=pytest.mark.soak),
    ],
)
def test_a_wrong_setting_is_refused_by_name(showcase: Workspace, setting: str, value: Any, said: str) -> None:
    configure(showcase, "dev", {setting: value})
    refused = showcase.up(check=False)
    assert refused.returncode != 0
    assert said in refused.text
    assert "Traceback" not in refused.text

"""IntelligentDnsZone at Cloudflare on the real engine: what the API got, and what is in state and in the journal."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.engine.zones import RECORDS, without, zone_program
from tests.support.cloudflare_server import TOKEN, CloudflareServer, serving
from tests.support.plugin import install
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


@pytest.fixture
def server() -> Iterator[CloudflareServer]:
    with serving(CloudflareServer()) as running:
        yield running


@pytest.fixture
def stack(workspace: Workspace, server: CloudflareServer) -> Workspace:
    """A stack with the token in its secret configuration, and the usual zone at Cloudflare."""
    workspace.env["XDG_STATE_HOME"] = str(workspace.root / ".state-home")
    workspace.config("sophia:cloudflareToken", TOKEN, secret=True)
    zone_program(workspace, backend={"kind": "cloudflare", "endpoint": server.endpoint, "timeout": 20})
    return workspace


def test_up_then_nothing_to_do_then_drift_is_shown_and_healed_then_destroyed(
    stack: Workspace, server: CloudflareServer
) -> None:
    shown = stack.preview().text
    assert re.search(r"creates *: 4\n", shown), "Cloudflare's own SOA and NS are there already"
    assert server.count("POST") == 0
    said = shown + stack.up().text
    assert server.count("POST") == 1
    assert {one["type"] for one in server.objects.values()} == {"A", "CNAME", "MX"}
    assert stack.outputs()["name_servers"] == ["ns1.dns.example.", "ns2.dns.example."]

    stack.up("--expect-no-changes")

    server.add("A", "evil.shop.example", content="192.0.2.66")
    (mail,) = server.named("mail.shop.example")
    server.objects[mail["id"]] = {**mail, "content": "192.0.2.66", "comment": "moved by hand"}
    drift = stack.preview().text
    assert "evil A delete" in drift
    assert "mail A update" in drift
    said += drift + stack.up().text
    assert server.named("evil.shop.example") == []
    (healed,) = server.named("mail.shop.example")
    assert (healed["content"], healed["comment"], healed["id"]) == ("192.0.2.3", "moved by hand", mail["id"])
    stack.preview("--expect-no-changes")

    said += stack.refresh().text + stack.destroy().text
    assert not server.objects
    backups = list((stack.root / ".sophia" / "backups").iterdir())
    assert len(backups) == 1
    assert "mail 3600 A 192.0.2.3" in backups[0].read_text()
    assert TOKEN not in said
    assert TOKEN not in json.dumps(stack.export())
    for path in (stack.root / ".sophia").rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


def test_an_alias_at_the_apex_is_a_flattened_cname_beside_mail_and_weighs_as_the_apex(
    stack: Workspace, server: CloudflareServer
) -> None:
    home = {"kind": "cloudflare", "endpoint": server.endpoint, "timeout": 20}
    alias = {"name": "@", "type": "ALIAS", "value": "lb.other.example.", "ttl": 300}
    records = [alias if (one["name"], one["type"]) == ("@", "A") else one for one in RECORDS]
    zone_program(stack, records, backend=home)
    stack.up()
    kinds = {(one["type"], one["content"]) for one in server.named("shop.example")}
    assert kinds == {("CNAME", "lb.other.example"), ("MX", "mail.shop.example")}
    stack.preview("--expect-no-changes")

    zone_program(stack, without("@ A"), backend=home)
    refused = stack.preview(check=False)
    assert "critical @ ALIAS delete" in refused.text
    zone_program(stack, records, backend={"kind": "file"})
    refused = stack.preview(check=False)
    assert "@ ALIAS is asked for" in refused.text
    assert "write A and AAAA with the addresses of lb.other.example." in refused.text


@pytest.mark.soak  # limits come before any home: tests/engine/test_zone.py
def test_a_delete_that_breaks_the_domain_is_refused_and_nothing_is_sent(
    stack: Workspace, server: CloudflareServer
) -> None:
    stack.up()
    zone_program(stack, without("@ MX"), backend={"kind": "cloudflare", "endpoint": server.endpoint, "timeout": 20})
    refused = stack.up(check=False)
    assert "critical @ MX delete: mail for the domain has nowhere to go" in refused.text
    assert server.count("POST") == 1


def test_a_plan_that_would_delete_what_cloudflare_keeps_is_refused_until_it_is_ignored(
    stack: Workspace, server: CloudflareServer
) -> None:
    kept = server.add("TXT", "route.shop.example", content='"of another service"', meta={"read_only": True})
    home = {"kind": "cloudflare", "endpoint": server.endpoint, "timeout": 20}
    refused = stack.preview(check=False)
    assert refused.returncode != 0
    assert "route TXT belongs to a service of Cloudflare's" in refused.text
    assert "add 'route TXT' to `ignore`" in refused.text
    assert "Traceback" not in refused.text
    zone_program(stack, backend=home, ignore=["route TXT"])
    stack.up()
    stack.preview("--expect-no-changes")
    stack.destroy()
    assert list(server.objects) == [kept["id"]]


def test_a_record_that_cloudflare_refuses_is_named(stack: Workspace, server: CloudflareServer) -> None:
    bad = {"name": "api", "type": "A", "values": ["203.0.113.66"]}
    zone_program(stack, [*RECORDS, bad], backend={"kind": "cloudflare", "endpoint": server.endpoint})
    refused = stack.up(check=False)
    assert refused.returncode != 0
    assert "Cloudflare refused api A: Content (its value) is not allowed (9003)" in refused.text
    assert TOKEN not in refused.text


def test_without_a_token_the_preview_says_how_to_set_one(workspace: Workspace, server: CloudflareServer) -> None:
    zone_program(workspace, backend={"kind": "cloudflare", "endpoint": server.endpoint})
    refused = workspace.preview(check=False)
    assert "pulumi config set --secret sophia:cloudflareToken" in refused.text
    assert "Traceback" not in refused.text


def test_a_zone_that_the_stack_makes_gets_its_records_in_the_same_up_and_stays_when_the_stack_goes(
    workspace: Workspace, server: CloudflareServer
) -> None:
    server.zones = []
    install(workspace, "cloudflare")
    workspace.env |= {"CLOUDFLARE_BASE_URL": server.endpoint, "XDG_STATE_HOME": str(workspace.root / ".state-home")}
    workspace.config("sophia:cloudflareToken", TOKEN, secret=True)
    home = {"kind": "cloudflare", "endpoint": server.endpoint, "account_id": "a" * 32}
    zone_program(workspace, backend={**home, "zone": {"dnssec": True, "settings": {"ssl": "strict"}}})

    shown = workspace.preview()
    assert "cloudflare:index/zone:Zone: (create)" in shown.text
    assert '"@ ANY"' in shown.text, "what the new zone will hold is not known before it is there"
    assert server.zones == []

    workspace.up()
    assert len(server.objects) == 4
    assert [one["outputs"]["status"] for one in workspace.resources("ZoneDnssec")] == ["active"]
    workspace.preview("--expect-no-changes")

    workspace.destroy()
    assert not server.objects
    assert server.zones, "the zone is delegated to: it is never deleted"

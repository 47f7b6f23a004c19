"""A zone at Namecheap on the real engine: planned, applied, healed and destroyed at the stand-in."""

import json
from collections.abc import Iterator

import pytest

from tests.engine.zones import zone_program
from tests.support.namecheap_server import IP, KEY, USER, Account, Domain, Entry, running
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

REDIRECT: Entry = ("old", "URL301", "https://www.shop.example/", "10", 1800)
RECORDS = [
    {"name": "@", "type": "A", "values": ["192.0.2.1"]},
    {"name": "@", "type": "MX", "values": ["10 mail.shop.example."]},
    {"name": "mail", "type": "A", "values": ["192.0.2.30"]},
]


@pytest.fixture
def account() -> Iterator[Account]:
    with running(shop_example=Domain([REDIRECT, ("@", "A", "192.0.2.1", "10", 1800)])) as account:
        yield account


@pytest.fixture
def stack(workspace: Workspace, account: Account) -> Workspace:
    workspace.env["SOPHIA_HOME"] = str(workspace.root / ".sophia")
    settings = {"username": USER, "client_ip": IP, "endpoint": account.endpoint, "quota": [1000, 1000, 8000]}
    zone_program(workspace, RECORDS, backend={"kind": "namecheap", **settings})
    workspace.config("sophia:namecheapApiKey", KEY, secret=True)
    return workspace


def test_a_zone_is_brought_up_healed_and_destroyed_and_its_redirect_stays(stack: Workspace, account: Account) -> None:
    panel = account.domains["shop.example"]
    shown = stack.preview()
    assert "setHosts" not in account.commands
    stack.up()
    wanted = {("@", "A", "192.0.2.1"), ("@", "MX", "mail.shop.example."), ("mail", "A", "192.0.2.30"), REDIRECT[:3]}
    assert {host[:3] for host in panel.hosts} == wanted
    assert panel.email == "MX"
    assert stack.outputs()["name_servers"] == ["dns1.registrar-servers.com.", "dns2.registrar-servers.com."]

    account.commands.clear()
    stack.preview("--expect-no-changes")
    stack.up("--expect-no-changes")
    assert "setHosts" not in account.commands

    panel.hosts.append(("evil", "A", "192.0.2.66", "10", 1800))
    assert "evil A delete" in stack.preview().text
    stack.up()
    assert {host[:3] for host in panel.hosts} == wanted

    stack.destroy()
    assert panel.hosts == [REDIRECT]
    assert KEY not in shown.text + json.dumps(stack.export())
    files = [file for file in stack.root.rglob("*") if file.is_file()]
    assert not [file for file in files if KEY.encode() in file.read_bytes()]

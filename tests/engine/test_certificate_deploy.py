"""A certificate on the real engine that is deployed as files, with a server that reads them."""

import json
import stat
from pathlib import Path

import pytest

from tests.engine.certificates import WITHIN_WINDOW, assert_no_plain_key, certificate_program, move_clock, orders
from tests.support.tls_server import tls_server
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


def test_it_is_deployed_renewed_and_healed_and_no_failure_orders_anew(workspace: Workspace, tmp_path: Path) -> None:
    files, seen = tmp_path / "shop", tmp_path / "reloaded"
    reload = ["sh", "-c", f"cat {files}/current/cert.pem >> {seen}"]
    certificate_program(workspace, deploy={"files": str(files), "reload": reload, "mode": "0640"})
    assert "low shop.example deployment deploy: waits for its certificate" in workspace.preview().text
    assert not files.exists()

    workspace.up()
    first = workspace.outputs(show_secrets=True)
    key = files / "current" / "privkey.pem"
    assert key.read_text() == first["private_key_pem"]
    assert (files / "current" / "fullchain.pem").read_text() == first["certificate_pem"] + first["chain_pem"]
    assert stat.S_IMODE(key.stat().st_mode) == 0o640
    assert seen.read_text() == first["certificate_pem"]
    said = workspace.preview().text
    assert "5 unchanged" in said
    assert_no_plain_key(workspace, first["private_key_pem"], json.dumps(workspace.export()), said)

    (files / "current" / "cert.pem").write_text("another's")
    assert "current holds another certificate" in workspace.up().text
    assert (files / "current" / "cert.pem").read_text() == first["certificate_pem"]
    assert len(orders(workspace)) == 1

    move_clock(workspace, WITHIN_WINDOW)
    certificate_program(
        workspace, deploy={"files": str(files), "reload": ["sh", "-c", "echo no such directive; exit 3"]}
    )
    failed = workspace.pulumi("up", "--yes", check=False)
    assert failed.returncode != 0
    assert "sh ended with 3: 'no such directive'; the version before it is in use again" in failed.text
    assert "Traceback" not in failed.text
    assert (files / "current" / "cert.pem").read_text() == first["certificate_pem"]
    assert len(orders(workspace)) == 2

    certificate_program(workspace, deploy={"files": str(files), "reload": reload})
    workspace.up()
    renewed = workspace.outputs(show_secrets=True)
    assert renewed["certificate_pem"] != first["certificate_pem"]
    assert key.read_text() == renewed["private_key_pem"]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(orders(workspace)) == 2
    assert "5 unchanged" in workspace.preview().text

    with tls_server(files / "previous" / "fullchain.pem", files / "previous" / "privkey.pem") as server:
        place = f"127.0.0.1:{server.port}#shop.example"
        certificate_program(workspace, deploy={"files": str(files), "reload": reload}, endpoints=[place])
        said = workspace.preview().text
    assert f"error endpoint-old {place}: it serves an older certificate" in said
    assert f"low shop.example deployment deploy: {place}: it serves an older certificate" in said

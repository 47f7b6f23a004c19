"""A stack that takes every credential by reference, on the engine, while the credentials are rotated at each server."""

import json
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.support import knot
from tests.support.primary import FRAME, SECRET
from tests.support.workspace import Workspace

pytestmark = pytest.mark.xdist_group("secrets-engine")

ROTATED = "cm90YXRlZC1yb3RhdGVkLXJvdGF0ZWQtcm90YXRlZCE="
PROGRAM = """
import pulumi
from sophia_infra import IntelligentDnsZone, RotatingSecret, SelfHealingCert

IntelligentDnsZone("shop", {{
    "domain": "shop.example", "backend": {backend!r}, "records": [
        {{"name": "@", "type": "NS", "values": ["ns1.provider.example.", "ns2.provider.example."]}},
        {{"name": "mail", "type": "A", "values": ["192.0.2.3"]}},
    ],
}})
SelfHealingCert("shop", {{"domains": ["shop.example"]}})
db = RotatingSecret("app-db", {{"kind": "postgres", "server": {server!r}, "group": {group!r}, "consumers": ["api"]}})
pulumi.export("url", db.current.url)
"""


def test_a_destroy_that_does_not_run_the_program_takes_what_every_reference_leads_to_now(
    workspace: Workspace, server: str, group: str, tmp_path: Path
) -> None:
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")

    def keep(name: str, text: str) -> None:
        workspace.write(name, f"{text}\n").chmod(0o600)

    def as_login(login: str, password: str) -> str:
        with psycopg.connect(server, autocommit=True) as db:
            there = db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [login]).fetchone()
            db.execute(f"{'ALTER' if there else 'CREATE'} ROLE {login} LOGIN SUPERUSER PASSWORD '{password}'")
        return server.replace("postgres@", f"{login}:{password}@", 1)

    def give(tsig: str, password: str) -> list[str]:
        """Set what the servers take, and what the references lead to; returns what must not show."""
        keep("tsig", tsig)
        keep("journal", as_login(f"{group}_journal", password).replace("/postgres", f"/{group}_audit"))
        admin = as_login(f"{group}_admin", f"{password}2")
        workspace.write("esc/prod.yaml", f"values: {{db: {{admin_url: {{fn::secret: '{admin}'}}}}}}\n")
        return [tsig, password]

    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE DATABASE {group}_audit")
    with knot.updatable(tmp_path / "server", FRAME) as zone:
        hidden = give(SECRET, "first-password")
        workspace.env["SOPHIA_CA_PASSPHRASE"] = "file:passphrase"
        keep("passphrase", "a long passphrase")
        workspace.config("sophia:tsigSecret", SECRET, secret=True)
        workspace.config("sophia:journal", "file:journal")
        named = {"backend": zone.settings, "group": group}
        workspace.program(PROGRAM.format(**named, server=server))
        said = workspace.up().text
        records = zone.records()
        assert "mail 3600 A 192.0.2.3" in records

        workspace.config("sophia:tsigSecret", "file:tsig")
        workspace.program(PROGRAM.format(**named, server="esc://demo/prod/db.admin_url"))
        said += workspace.up().text
        assert zone.records() == records, "from a value to a reference no record changes"
        workspace.preview("--expect-no-changes")

        hidden += give(ROTATED, "second-password")
        config = tmp_path / "server" / "server.conf"
        config.write_text(config.read_text().replace(SECRET, ROTATED))
        control = ["knotc", "-s", str(tmp_path / "server" / knot.SOCKET), "-b", "reload"]
        subprocess.run(control, check=True, capture_output=True, timeout=60)
        workspace.write("__main__.py", "raise RuntimeError('a destroy does not run the program')\n")
        said += workspace.destroy().text
    said += json.dumps(workspace.export())
    assert [value for value in hidden if value in said] == []
    with psycopg.connect(server) as db:
        found = db.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [f"{group}_a"]).fetchall()
    assert found == [(None,)]

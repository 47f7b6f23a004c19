"""What an unchanged preview leaves in the journal: little, the same each time, and a prune takes it."""

from datetime import timedelta
from pathlib import Path

import pytest

from sophia_infra import clock
from sophia_infra.journal import Entry, Journal, pruning
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine

PROGRAM = """
from sophia_infra import IntelligentDnsZone, SelfHealingCert
home = {{"path": {path!r}}}
IntelligentDnsZone("zone", {{"domain": "shop.example", "zone_file": "shop.zone", "backend": home}})
SelfHealingCert("cert", {{"domains": ["shop.example"]}})
"""


def test_an_unchanged_preview_adds_a_row_a_zone_and_three_a_certificate_and_a_prune_takes_them(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write("__main__.py", PROGRAM.format(path=str(tmp_path / "db.shop.example")))
    workspace.write("shop.zone", "www 3600 A 192.0.2.1\n")
    workspace.up()
    workspace.preview("--expect-no-changes")  # which is advised on the stack as it is now
    journal = Journal.open(workspace.root / ".sophia")

    def rows() -> list[Entry]:
        return journal.storage.newest(None, 1000)

    for _ in range(2):
        before = len(rows())
        workspace.preview("--expect-no-changes")
        added = rows()[:-before]
        assert sorted((entry.kind, entry.value.get("resource", "")) for entry in added) == [
            ("plan", ""),
            ("plan", ""),
            ("plan", "dated"),
            ("plan", "dated"),
        ]
    later = clock.machine_time() + timedelta(days=60)
    monkeypatch.setattr(clock, "machine_time", lambda: later)
    found = pruning.plan(journal.storage, later - timedelta(days=31))
    assert found
    stay = [journal.entry(head.sequence) for head in found.staying]
    plans = [entry.value.get("resource", "") for entry in stay if entry.kind == "plan"]
    assert sorted(plans) == ["", ""], "the newest of each resource"

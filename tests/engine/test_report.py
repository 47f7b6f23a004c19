"""Reports of what the real engine prints: the whole document and the stream of events, secrets and refusals in both."""

from pathlib import Path

import pytest

from sophia_infra.journal import Journal
from sophia_infra.report import Records, Report, gather, html, markdown, read
from sophia_infra.report.model import Standing
from tests.engine.zones import RECORDS, without, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

CANARY = "hush-canary-7"
PACK = REPO / "policies" / "blast_radius"
SECRET = "secret = pulumi.Output.secret('hush-canary-7')"
LATE = "{'name': 'txt', 'type': 'TXT', 'values': [secret]}"


def previewed(workspace: Workspace, *arguments: str, stream: bool = False) -> Report:
    env = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": str(stream).lower()}
    shown = workspace.pulumi("preview", "--json", "--show-secrets", *arguments, check=False, env=env).stdout
    return gather(read(shown, "preview.json"), Records(Journal.open(workspace.root / ".sophia")))


def test_a_preview_becomes_a_report_without_what_is_secret(standing: Workspace) -> None:
    aliased = {"name": "news", "type": "MX", "values": ["10 www.shop.example."]}
    records = [*without("mail"), {"name": "mail", "type": "A", "values": ["192.0.2.77"]}, aliased]
    zone_program(standing, f"{records!r} + [{LATE}]", before=SECRET)
    whole, stream = previewed(standing), previewed(standing, stream=True)
    assert whole.items == stream.items
    [item] = whole.items
    assert (whole.stack, item.title, str(item.exposure)) == ("demo/test", "zone shop.example", "high")
    assert {line.text for line in item.lines} >= {"mail 3600 A 192.0.2.3", "mail 3600 A 192.0.2.77"}
    assert "txt TXT (secret)" in item.hidden
    assert ("mail A", ("@ MX",)) in [(reason.subject, reason.needed_by) for reason in item.reasons]
    assert item.advice
    assert item.advice.edits  # the journal's
    assert CANARY not in repr(whole) + repr(stream) + markdown.render(whole) + html.render(stream)


def test_a_zone_beyond_the_limits_and_one_that_leaves_are_told(standing: Workspace) -> None:
    zone_program(standing, RECORDS[:1])
    refused = previewed(standing)
    [item] = refused.items
    assert (refused.standing, item.standing, str(item.exposure)) == (Standing.STOPPED, Standing.STOPPED, "critical")
    assert "SOPHIA_ACCEPT='shop.example: " in item.refusal
    assert item.advice
    assert {line.sign for line in item.lines} == {"-"}
    standing.write("__main__.py", "")
    [item] = previewed(standing, stream=True).items
    assert (item.operation, str(item.exposure)) == ("delete", "critical")


def test_what_policies_say_is_in_the_stream_of_events(standing: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pack.json").write_text('{"exposure-ceiling": {"enforcementLevel": "mandatory", "maxExposure": "low"}}')
    zone_program(standing, [*without("mail"), {"name": "mail", "type": "A", "values": ["192.0.2.77"]}])
    pack = ("--policy-pack", str(PACK), "--policy-pack-config", str(tmp_path / "pack.json"))
    found = previewed(standing, *pack, stream=True)
    assert found.standing is Standing.STOPPED
    assert [policy.name for policy in found.items[0].policies] == ["sophia-blast-radius/exposure-ceiling"]

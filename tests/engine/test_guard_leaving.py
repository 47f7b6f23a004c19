"""A resource of ours that leaves is weighed at the preview by what it holds: the guard sees what no policy does."""

import re
from pathlib import Path

import pytest

from sophia_infra.guard.tally import OVERRIDE
from tests.engine.zones import master_file, zone_program
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

GUARD = "from sophia_infra import BlastRadius\nBlastRadius()\n"


def readme_program() -> str:
    """The program that README shows, first of all."""
    programs: list[str] = re.findall(r"```python\n(.*?)```", (REPO / "README.md").read_text(), re.DOTALL)
    return programs[0]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Workspace:
    """README's stack. Tests only preview it, or run what is refused."""
    workspace = Workspace(tmp_path_factory.mktemp("leaving"), engine)
    workspace.env["SOPHIA_NOW"] = "2026-12-01T12:00:00+00:00"
    workspace.program(readme_program())
    workspace.up()
    return workspace


@pytest.mark.parametrize("command", [pytest.param(("preview",), marks=pytest.mark.soak), ("up", "--yes")])
def test_readmes_zone_leaves_no_program_without_a_word(shop: Workspace, command: tuple[str, ...]) -> None:
    shop.program(GUARD)
    refused = shop.pulumi(*command, check=False)
    assert refused.returncode != 0
    assert "zone shop.example: 5 record sets go, exposure critical" in refused.text
    assert "critical @ MX delete" in refused.text
    assert f"{OVERRIDE}=max_exposure=critical" in refused.text
    assert "Traceback" not in refused.text
    assert "mail 3600 A" in master_file(shop).read_text()


def test_of_a_home_that_can_not_be_read_what_the_state_holds_is_weighed(shop: Workspace) -> None:
    shop.program(GUARD)
    live = master_file(shop)
    served = live.read_text()
    live.write_text("this is no zone\n")
    refused = shop.preview(check=False)
    live.write_text(served)
    assert refused.returncode != 0
    assert "zone shop.example: 5 record sets go, exposure critical" in refused.text


def test_certificates_and_keys_are_told_by_the_same_rule(shop: Workspace) -> None:
    shop.program(GUARD)
    told = shop.preview(env={OVERRIDE: "max_exposure=critical"}).text
    assert "certificate shop.example: goes, exposure high" in told
    assert "key shop.example: goes, exposure high" in told
    refused = shop.preview(env={OVERRIDE: "max_exposure=medium"}, check=False)
    assert "max_exposure of the guard is medium" in refused.text


def test_a_destroy_that_runs_the_program_is_judged_alike(shop: Workspace) -> None:
    shop.program(readme_program())
    refused = shop.pulumi("destroy", "--yes", "--run-program", check=False)
    assert refused.returncode != 0
    assert "zone shop.example: 5 record sets go, exposure critical" in refused.text
    assert master_file(shop).exists()


def test_a_rename_takes_nothing_away_and_says_nothing(shop: Workspace) -> None:
    shop.program(readme_program().replace('IntelligentDnsZone(\n    "shop"', 'IntelligentDnsZone(\n    "store"'))
    assert "record sets go" not in shop.preview().text


def test_an_override_that_names_all_that_goes_lets_it_go_until_its_day(workspace: Workspace) -> None:
    workspace.env["SOPHIA_NOW"] = "2026-12-01T12:00:00+00:00"
    accepted = {"names": ["@", "mail"], "until": "2026-12-02", "why": "the shop closes"}
    zone_program(workspace, before=GUARD, overrides=[accepted])
    workspace.up()
    program = (workspace.root / "__main__.py").read_text()
    workspace.program(GUARD)
    refused = workspace.up(check=False)
    assert "no override names www CNAME" in refused.text
    assert master_file(workspace).exists()
    workspace.write("__main__.py", program.replace("'mail'], 'until'", "'mail', 'www'], 'until'"))
    workspace.up()
    workspace.program(GUARD)
    ended = workspace.preview(check=False, env={"SOPHIA_NOW": "2026-12-03T12:00:00+00:00"})
    assert "has ended and is ignored" in ended.text
    assert ended.returncode != 0
    left = workspace.up()
    assert "the override of @, mail, www until" in left.text
    assert not master_file(workspace).exists()

"""What the agent carries out beside records, on the real engine: environments, renewals, rotations, edits of advice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.advice.model import Advice
from sophia_infra.agent.execution import State, approve, request
from sophia_infra.agent.execution.runs import RunError
from sophia_infra.agent.operations import ApproveEdit, Renew, Rotate, SetEnvironmentValue
from sophia_infra.secrets.inventory import pick
from sophia_infra.tls.events import CertificateEvent
from tests.engine.agent_site import Site, entered
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
FILE = "records/shop.example.zone"
DECLARED = """\
$TTL 1h
@ IN NS ns1.dns.example.
@ IN MX 10 mail.shop.example ; the dot is missing
mail IN A 192.0.2.6
"""
PROGRAM = f"""\
from sophia_infra import IntelligentDnsZone, RotatingSecret, SelfHealingCert
from sophia_infra.esc import Environment

replicas = Environment.open("dev").value("app.replicas").plain()
IntelligentDnsZone("shop", {{"domain": "shop.example", "zone_file": {FILE!r}, "backend": {{"path": "live/shop.zone"}},
    "records": [{{"name": "app", "type": "TXT", "values": [f"replicas {{replicas}}"]}}]}})
SelfHealingCert("web", {{"domains": ["www.shop.example"]}})
RotatingSecret("partner", {{"kind": "password", "consumers": ["shop"]}})
"""


@pytest.fixture(scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory, engine: Path) -> Site:
    workspace = Workspace((tmp_path_factory.mktemp("agent") / "project").resolve(), engine)
    workspace.write(FILE, DECLARED)
    workspace.write("esc/dev.yaml", "values:\n  app:\n    replicas: 2 # of each\n")
    workspace.program(PROGRAM)
    workspace.up()
    return Site(workspace, FILE)


@pytest.fixture
def site(_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with entered(_site, monkeypatch) as site:
        yield site


def live(site: Site) -> str:
    return (site.workspace.root / "live/shop.zone").read_text()


def test_a_value_of_an_environment_is_set_in_its_file_applied_and_taken_back(site: Site) -> None:
    done = site.driver.go_on(site.approved(SetEnvironmentValue("dev", "app.replicas", 3)))
    assert (done.state, done.why) == (State.DONE, "")
    assert (site.workspace.root / "esc/dev.yaml").read_text() == "values:\n  app:\n    replicas: 3 # of each\n"
    assert '"replicas 3"' in live(site)
    assert site.driver.roll_back(done, lambda _: True).state is State.ROLLED_BACK
    assert '"replicas 2"' in live(site)


def test_a_renewal_is_previewed_and_made_once_and_no_way_back_is_claimed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for generation in (2, 3):
        run = site.approved(Renew("web"))
        assert [edit.new for edit in run.advice.edits] == [[f"certificate web: generation {generation}"]]
        done = site.driver.go_on(run)
        assert (done.state, done.why) == (State.DONE, "")
        newest = next(site.runs.journal.back(CertificateEvent, done.row.asked[0].label))
        assert newest.row.generation == generation
    monkeypatch.setenv("SOPHIA_RENEW", "www.shop.example")
    with pytest.raises(RunError) as refused:
        site.driver.roll_back(done, lambda _: True)
    assert refused.value.code == "rollback-refused"


def test_a_rotation_begins_once_and_only_by_its_run(site: Site) -> None:
    before = pick(site.runs.journal, "partner")
    run = site.approved(Rotate("partner"))
    assert pick(site.runs.journal, "partner") == before
    done = site.driver.go_on(run)
    assert (done.state, done.why) == (State.DONE, "")
    assert pick(site.runs.journal, "partner").generation == before.generation + 1
    assert run.row.asked == done.row.asked


def test_an_edit_that_advice_proposes_becomes_a_change_of_the_file_and_approves_nothing(site: Site) -> None:
    advice = next(
        row.row for row in site.runs.journal.newest(Advice, 50) if "@ MX" in [e.subject for e in row.row.edits]
    )
    run = site.planned(ApproveEdit(advice.id, "@ MX"))
    assert (run.state, [file.path for file in run.row.files]) == (State.PROPOSED, [FILE])
    waiting, _ = request(site.runs, run)
    done = site.driver.go_on(approve(site.runs, waiting, why="a test's word"))
    assert (done.state, done.why) == (State.DONE, "")
    assert "MX 10 mail.shop.example." in live(site)
    assert "MX 10 mail.shop.example.shop.example." not in live(site)

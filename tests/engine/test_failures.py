"""What a failure looks like to whoever runs the engine: an expected one is its message, a bug shows where it is."""

import pytest

from tests.engine.certificates import certificate_program, folder
from tests.engine.zones import RECORDS, master_file, without, zone_program
from tests.support.workspace import Finished, Workspace

pytestmark = pytest.mark.engine
BUG = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from sophia_infra.engine_call import plainly
class Buggy(ResourceProvider):
    @plainly
    def create(self, props): return CreateResult(1 / 0)
class Bug(Resource):
    pass
"""


def assert_plain(failed: Finished, said: str) -> None:
    assert failed.returncode != 0
    assert said in failed.text
    for noise in ("Traceback", "Exception calling application", "sophia_infra.", " value {"):
        assert noise not in failed.text, failed.text


def test_a_zone_fails_with_its_message_alone(workspace: Workspace) -> None:
    meddle = (
        "if not pulumi.runtime.is_dry_run():\n"
        "    with open('zones/db.shop.example', 'a') as file:\n"
        "        file.write('intruder 60 A 192.0.2.66\\n')\n"
    )
    (workspace.root / "zones").write_text("a file where the zone's folder should be")
    zone_program(workspace)
    assert_plain(workspace.up(check=False), "zones")
    (workspace.root / "zones").unlink()
    workspace.up()

    zone_program(workspace, without("@ MX"))
    assert_plain(workspace.preview(check=False), "max_exposure is high")
    zone_program(workspace, [*RECORDS, {"name": "new", "type": "A", "values": ["192.0.2.9"]}], before=meddle)
    assert_plain(workspace.pulumi("up", "--yes", check=False), "has changed since the preview")

    served = master_file(workspace).read_text()
    master_file(workspace).write_text("@ IN A nonsense\n")
    assert_plain(workspace.refresh(check=False), "db.shop.example")
    master_file(workspace).write_text(served)
    workspace.env["SOPHIA_HOME"] = str(workspace.root / "elsewhere")
    assert_plain(workspace.destroy(check=False), "SOPHIA_REMOVE=always")
    assert master_file(workspace).read_text() == served


def test_a_certificate_fails_with_its_message_alone(workspace: Workspace) -> None:
    certificate_program(workspace)
    folder(workspace).parent.mkdir()
    folder(workspace).write_text("a file where the authority's folder should be")
    assert_plain(workspace.up(check=False), "ca")


def test_a_bug_shows_where_it_is(workspace: Workspace) -> None:
    workspace.program(f'{BUG}Bug(Buggy(), "bug", {{}})\n')
    failed = workspace.up(check=False)
    assert failed.returncode != 0
    assert "Traceback" in failed.text
    assert "1 / 0" in failed.text or "ZeroDivisionError" in failed.text

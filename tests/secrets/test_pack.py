"""The pack policies/secrets over a secret of a real PostgreSQL, on the engine."""

import pytest

from sophia_infra.journal import Journal
from sophia_infra.secrets.events import Ask, SecretEvent, SecretWish
from tests.support.workspace import REPO, Finished, Workspace

pytestmark = pytest.mark.xdist_group("secrets-engine")

PACK = REPO / "policies" / "secrets"
PROGRAM = """
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from sophia_infra import RotatingSecret

class Job(ResourceProvider):
    def create(self, props): return CreateResult('job', props)
class Run(Resource):
    def __init__(self, name, command): super().__init__(Job(), name, {{'command': command}})

db = RotatingSecret('app-db', {{
    'kind': 'postgres', 'server': {server!r}, 'group': {group!r}, 'soak': '0s', {arguments}
}})
{after}
"""


def judged(workspace: Workspace, *command: str) -> Finished:
    return workspace.pulumi(
        *command, "--policy-pack", str(PACK), "--policy-pack-config", str(PACK / "dev.json"), check=False
    )


def test_the_pack_lets_a_rotation_pass_and_stops_it_where_its_value_or_its_terms_would_hurt(
    workspace: Workspace, server: str, group: str
) -> None:
    def program(after: str = "", arguments: str = "'consumers': ['api']") -> None:
        workspace.program(PROGRAM.format(server=server, group=group, arguments=arguments, after=after))

    program(arguments="'length': 24, 'max_age': '120d'")
    stopped = judged(workspace, "preview")
    assert stopped.returncode != 0
    assert "[mandatory]  max-age  (pulumi-python:dynamic/sophia:SecretLifecycle: app-db)" in stopped.text
    assert "A value of the secret app-db has 24 characters; minLength is 32." in stopped.text

    program("Run('job', pulumi.Output.unsecret(db.current.url))")
    stopped = judged(workspace, "up", "--yes")
    assert stopped.returncode != 0
    assert "command of job stands in plain text, and holds a value of the secret app-db" in stopped.text
    assert workspace.resources("dynamic:Resource") == [], "it was stopped before it was made"

    program("Run('job', db.current.url)\npulumi.export('url', pulumi.Output.unsecret(db.current.url))")
    stopped = judged(workspace, "preview")
    assert stopped.returncode != 0
    assert "url of demo-test stands in plain text, and holds a value of the secret app-db" in stopped.text

    program("Run('job', db.current.url)\npulumi.export('url', db.current.url)")
    journal = Journal.open()
    (label,) = {found.key for found in journal.newest(SecretEvent, 9)}
    journal.write(label, SecretWish(Ask.ROTATE, 1, "a person"))
    passed = judged(workspace, "up", "--yes")
    assert passed.returncode == 0, passed.text

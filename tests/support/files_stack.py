"""A stack of files under the guard, so that a test sees in a folder what a run did, and in the state what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.support.plugin import install
from tests.support.workspace import Finished, Workspace

PRELUDE = """
import pulumi
from sophia_infra import BlastRadius

class File(pulumi.CustomResource):
    def __init__(self, name, opts=None, **inputs):
        super().__init__("files:index:File", name, {{"folder": {folder!r}, **inputs}}, opts)

class Kit(pulumi.ComponentResource):
    def __init__(self, name, opts=None, **inputs):
        super().__init__("kit:index:Kit", name, {{"folder": {folder!r}, **inputs}}, opts, remote=True)

def files(count, **inputs):
    return [File(f"f{{number}}", **{{"text": "old", "key": "1", "seat": "1", **inputs}}) for number in range(count)]

"""


class FilesStack:
    """A workspace whose programs know `File`, `Kit`, `files` and `BlastRadius`."""

    def __init__(self, workspace: Workspace, plugins: Sequence[str] = ("files",)) -> None:
        self.workspace = workspace
        self.folder = workspace.root / "files"
        for package in plugins:
            install(workspace, package)

    def run(self, program: str, *command: str, check: bool = False, **options: Any) -> Finished:
        """Run a command with this program."""
        self.workspace.program(PRELUDE.format(folder=str(self.folder)) + program)
        return self.workspace.pulumi(*command, check=check, **options)

    def deploy(self, program: str) -> None:
        """Bring the stack to what this program says."""
        self.run(program, "up", "--yes", "--skip-preview", check=True)

    def preview(self, program: str, **options: Any) -> Finished:
        """Preview this program."""
        return self.run(program, "preview", **options)

    @property
    def on_disk(self) -> dict[str, str]:
        """What the provider made, by file name."""
        return {path.name: path.read_text() for path in sorted(self.folder.glob("*"))}

    @property
    def in_state(self) -> dict[str, dict[str, Any]]:
        """The stack's files, by resource name."""
        return {one["urn"].split("::")[-1]: one for one in self.workspace.resources("files:index:File")}

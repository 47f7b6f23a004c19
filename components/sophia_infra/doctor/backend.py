"""The stack that is selected here and its state, where Pulumi keeps both in files: its engine takes a second to tell.

Sources: https://www.pulumi.com/docs/iac/concepts/state-and-backends/, and for the names of files pulumi/pulumi:
sdk/go/common/workspace and pkg/backend/diy. Of whatever is not as there nothing is told: the engine is asked then.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sophia_infra.doctor.engine import answer, version_of_engine
from sophia_infra.doctor.stack import PROJECT, Stack
from sophia_infra.errors import SophiaError

_VERSIONS = (3, 4)
"""The versions of checkpoints that are read; one with features, such as the hooks of a guard, is of version 4."""
_SECONDS = 60


class StackError(SophiaError):
    """A stack whose state can't be read, or that an engine left in the middle of something."""

    code = "stack-state"


@dataclass(frozen=True)
class FileBackend:
    """Where the states of a project are, if that is in files; `folder` is the project's."""

    folder: Path

    @property
    def selected(self) -> str:
        """The stack that is selected; empty where that is not known."""
        if not self._root:
            return ""
        if chosen := os.environ.get("PULUMI_STACK"):
            return chosen
        mark = hashlib.sha1(str(self.folder / PROJECT).encode(), usedforsecurity=False).hexdigest()
        kept = _read(_home() / "workspaces" / f"{self._project.get('name')}-{mark}-workspace.json").get("stacks")
        found = kept.get(self._url) if isinstance(kept, dict) else None
        return found.rpartition("/")[2] if isinstance(found, str) else ""

    def state(self, stack: str) -> str:
        """Return a state as `pulumi stack export` prints it, its secrets encrypted; empty where it is not known."""
        name = f"{stack.rpartition('/')[2]}.json"
        kept = _read(self._root / ".pulumi" / "stacks" / str(self._project.get("name")) / name) if self._root else {}
        checkpoint = kept.get("checkpoint")
        latest = checkpoint.get("latest") if isinstance(checkpoint, dict) and kept.get("version") in _VERSIONS else None
        return json.dumps({"version": kept["version"], "deployment": latest}) if isinstance(latest, dict) else ""

    def locked_by(self, stack: str) -> set[tuple[str, str]]:
        """Return the machines and processes that have locked a stack; none where that is not known."""
        folder = f".pulumi/locks/organization/{self._project.get('name')}/{stack.rpartition('/')[2]}"
        found = [_read(file) for file in (self._root / folder).glob("*.json")] if self._root else []
        return {(str(each.get("hostname")), str(each.get("pid"))) for each in found}

    @cached_property
    def _project(self) -> Mapping[str, Any]:
        return Stack.read(self.folder / PROJECT).project or {}

    @cached_property
    def _url(self) -> str:
        """The URL of the environment, of the project, or of the last `pulumi login`."""
        of_project = self._project.get("backend")
        named = of_project.get("url") if isinstance(of_project, dict) else None
        found = os.environ.get("PULUMI_BACKEND_URL") or named or _read(_home() / "credentials.json").get("current")
        return found if isinstance(found, str) else ""

    @property
    def _root(self) -> Path | None:
        url = urlsplit(self._url)
        if url.scheme != "file" or "prefix" in url.query or url.netloc not in ("", "~"):
            return None  # a prefix puts the states elsewhere
        return Path.home() / url.path.lstrip("/") if url.netloc else Path(url.path)


def exported(folder: Path, stack: str) -> str:
    """Return the state of a stack of a folder's project, as `pulumi stack export` prints it, its secrets encrypted.

    Raises:
        StackError: it has none that can be read here.
    """
    words = ("stack", "export", "--stack", stack)
    text = FileBackend(folder).state(stack) or answer(*words, seconds=_SECONDS, folder=folder)
    try:
        if text and isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    if not version_of_engine():
        told = f"pulumi is asked for the state of {stack}, and none runs from PATH; see: sophia doctor"
        raise StackError(told, code="no-engine", field="PATH", subject=stack)
    told = f"`pulumi stack export` gives no state of {stack} here; see: pulumi stack ls, sophia doctor"
    raise StackError(told, field="STACK", subject=stack)


def _home() -> Path:
    return Path(os.environ.get("PULUMI_HOME") or "~/.pulumi").expanduser()


def _read(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

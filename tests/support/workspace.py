"""A throw-away Pulumi project on a `file://` backend, driven by the real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.canaries import WATCH

REPO = Path(__file__).resolve().parents[2]
BIN = Path(sys.prefix) / "bin"
_MADE: dict[tuple[str, str, str], list[bytes]] = {}
"""What `pulumi stack init` writes, by engine, project and stack."""
SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How the state marks a value as encrypted: `resource.SigKey` and `resource.SecretSig` of the engine."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command said. `text` joins both streams, for messages that may be on either."""

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


class CommandError(AssertionError):
    """A command that was expected to pass did not."""

    def __init__(self, finished: Finished) -> None:
        self.finished = finished
        super().__init__(f"`{' '.join(finished.command)}` exited {finished.returncode}\n{finished.text}")


class Workspace:
    """One project and one stack in `root`. The stack is made by the first command that needs it.

    `pulumi`, `preview`, `up` and the rest raise `CommandError` unless called with `check=False`.
    """

    def __init__(self, root: Path, engine: Path, *, project: str = "demo", stack: str = "test") -> None:
        self.root = root
        self.engine = engine
        self.project = project
        self.stack = stack
        self.env: dict[str, str] = {}
        self._initialised = False
        for folder in (root, self.state_directory, root / ".home"):
            folder.mkdir(parents=True, exist_ok=True)
        self.write("Pulumi.yaml", json.dumps({"name": project, "runtime": python_runtime()}))

    @property
    def state_directory(self) -> Path:
        return self.root / ".state"

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project, dedented; folders are made."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def program(self, source: str) -> None:
        """Set the stack's `__main__.py`."""
        self.write("__main__.py", source)

    def policy_pack(self, source: str, name: str = "pack") -> Path:
        """Write a policy pack; pass its folder as `--policy-pack`."""
        self.write(f"{name}/PulumiPolicy.yaml", json.dumps({"runtime": python_runtime()}))
        return self.write(f"{name}/__main__.py", source).parent

    def environment(self) -> dict[str, str]:
        """The whole environment of a command: no account, no downloads, no user's settings."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return kept | {
            "PATH": os.pathsep.join([str(self.engine), str(BIN), kept.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(REPO / "components"), kept.get("PYTHONPATH")])),
            "PULUMI_HOME": str(self.root / ".home"),
            # The sidecar files beside the state are not replaced in one step: a kill could leave an empty one, and
            # with it every command would fail by `failed to load checkpoint: EOF`.
            "PULUMI_BACKEND_URL": f"{self.state_directory.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            **self.env,
        }

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a `pulumi` command of the stack in a session of its own, which `kill_all` ends."""
        self.init()
        return subprocess.Popen(
            self._command(args),
            cwd=self.root,
            env=self.environment() | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def pulumi(
        self, *args: str, check: bool = True, timeout: float = 300, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run a `pulumi` command of the stack and wait for it."""
        self.init()
        return self._run(args, check, timeout, env)

    def init(self) -> None:
        """Make the stack, once. The engine makes the first of a name in each process; the others begin as its copy."""
        if self._initialised:
            return
        self._initialised = True
        made = self._made_by_init()
        name = (str(self.engine), self.project, self.stack)
        own = any(key.startswith("PULUMI_") for key in self.env) or any(path.exists() for path in made)
        if not own and name in _MADE:
            for path, content in zip(made, _MADE[name], strict=True):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            return
        self._run(("stack", "init", self.stack), True, 300, None)
        if not own and all(path.exists() for path in made):
            _MADE[name] = [path.read_bytes() for path in made]

    def _made_by_init(self) -> list[Path]:
        """The stack's settings with the salt of its passphrase, and its state."""
        return [self.root / f"Pulumi.{self.stack}.yaml", self._state_file]

    @property
    def _state_file(self) -> Path:
        return self.state_directory / ".pulumi" / "stacks" / self.project / f"{self.stack}.json"

    def preview(self, *args: str, **options: Any) -> Finished:
        return self.pulumi("preview", "--diff", *args, **options)

    def up(self, *args: str, **options: Any) -> Finished:
        return self.pulumi("up", "--yes", "--skip-preview", *args, **options)

    def refresh(self, *args: str, **options: Any) -> Finished:
        return self.pulumi("refresh", "--yes", "--skip-preview", *args, **options)

    def destroy(self, *args: str, **options: Any) -> Finished:
        return self.pulumi("destroy", "--yes", "--skip-preview", *args, **options)

    def cancel(self) -> Finished:
        """Release the lock that a killed command left on the stack."""
        return self.pulumi("cancel", "--yes", self.stack)

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set the stack's configuration; a key without a namespace gets the project's.

        Only what is to be encrypted needs the engine: a plain value is written where `pulumi config set` writes it.
        """
        if secret:
            self.pulumi("config", "set", "--secret", "--stack", self.stack, key, "--", value)
            return
        self.init()
        file = self.root / f"Pulumi.{self.stack}.yaml"
        settings = yaml.safe_load(file.read_text())
        named = key if ":" in key else f"{self.project}:{key}"
        settings["config"] = settings.get("config", {}) | {named: value}
        file.write_text(yaml.safe_dump(settings))

    def export(self) -> dict[str, Any]:
        """The stack's state as `pulumi stack export` shows it, read from its file: secrets stay encrypted."""
        self.init()
        stored = json.loads(self._state_file.read_text())
        return {"version": stored["version"], "deployment": stored["checkpoint"].get("latest") or {}}

    def resources(self, type_token: str = "") -> list[dict[str, Any]]:
        """The resources in state whose type ends with `type_token`, without the stack itself."""
        found = self.export()["deployment"].get("resources", [])
        own = [resource for resource in found if resource["type"] != "pulumi:pulumi:Stack"]
        return [resource for resource in own if resource["type"].endswith(type_token)]

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The outputs as `pulumi stack output` shows them; secrets read `[secret]` unless they are asked for."""
        if show_secrets:
            values: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").stdout)
            return values
        found = self.export()["deployment"].get("resources", [])
        stacks = (resource for resource in found if resource["type"] == "pulumi:pulumi:Stack")
        return {name: masked(value) for stack in stacks for name, value in stack.get("outputs", {}).items()}

    def _command(self, args: tuple[str, ...]) -> list[str]:
        return ["pulumi", "--non-interactive", "--color", "never", *args, *self._stack_option(args)]

    def _stack_option(self, args: tuple[str, ...]) -> list[str]:
        named = "--stack" in args or "--" in args or args[:2] == ("stack", "init")
        stackless = args[0] in {"package", "plugin", "version", "about", "install", "cancel"}
        return [] if named or stackless else ["--stack", self.stack]

    def _run(self, args: tuple[str, ...], check: bool, timeout: float, env: Mapping[str, str] | None) -> Finished:
        command = self._command(args)
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment() | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        finished = Finished(tuple(command), done.returncode, done.stdout, done.stderr)
        WATCH.command(command, finished.text)
        if check and done.returncode != 0:
            raise CommandError(finished)
        return finished


def masked(value: Any) -> Any:
    """A value of the state with `[secret]` in place of all that is encrypted."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return "[secret]"
        return {key: masked(inner) for key, inner in value.items()}
    return [masked(inner) for inner in value] if isinstance(value, list) else value


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait up to a minute for what another process does; `what` names it in the message."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"waited a minute for {what}"
        time.sleep(0.02)  # polls another process; the deadline above ends it


def kill_all(process: subprocess.Popen[str]) -> None:
    """Kill a command that `Workspace.start` started and all it started, as a power cut would."""
    kill_session(process.pid)
    process.communicate()


def kill_session(session: int) -> None:
    """Kill all that runs in a session.

    The engine puts its plugins into process groups of their own, but they stay in the command's session. One may be
    starting another meanwhile, so it is done again until none is left.
    """
    while alive := alive_in(session):
        for one in alive:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)


def alive_in(session: int) -> list[int]:
    """The processes of a session that run, by /proc/<pid>/stat: its first and fourth field after the name (proc(5))."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone by now
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[3] == str(session) and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def python_runtime() -> dict[str, Any]:
    """The `runtime` of a project or pack that runs in the virtual environment of the tests."""
    return {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}

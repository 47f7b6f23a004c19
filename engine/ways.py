"""The ways to an engine, best first: one on PATH, the official installer, a build from Go modules.

A way looks first, which is quick and changes nothing, and makes only when no way found anything.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine import cache
from engine.assemble import HELPERS, HERE, LAUNCHER, assemble
from engine.progress import Progress

WHOLE_SET = ("pulumi", LAUNCHER, *HELPERS)
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
INSTALL_TIMEOUT = 900.0
LOOK_TIMEOUT = 60.0


class WayClosedError(Exception):
    """This way does not lead to an engine here; the message says why."""


class Way(Protocol):
    """One way to an engine. Both methods raise `WayClosedError` with the reason."""

    @property
    def name(self) -> str:
        """What the way is called in messages."""

    def look(self) -> Path:
        """The folder of an engine that is there already. MUST be quick and change nothing."""

    def make(self) -> Path:
        """Get the engine and return its folder. MUST leave nothing half-made, whenever it is killed."""


def wanted_version() -> str:
    """The engine's version, from go.mod: the one place where it is pinned."""
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (HERE / "go.mod").read_text())
    if not found:
        raise WayClosedError(f"{HERE / 'go.mod'} does not pin github.com/pulumi/pulumi/pkg/v3")
    return found[1]


def numbers(version: str) -> tuple[int, ...]:
    """`v3.259.0-alpha.1` as (3, 259, 0), for comparing."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("-")[0]))


@dataclass(frozen=True, slots=True)
class OnPath:
    """A `pulumi` on PATH: the same major version, at least the wanted one, with its Python language host."""

    path: str
    name: str = "pulumi on PATH"

    def look(self) -> Path:
        """The folder of the first `pulumi` on PATH, if the whole set comes with it."""
        pulumi = shutil.which("pulumi", path=self.path)
        if pulumi is None:
            raise WayClosedError("there is none")
        folder = Path(pulumi).parent
        self._check_version(pulumi)
        search = os.pathsep.join([self.path, str(Path(pulumi).resolve().parent)])
        missing = [program for program in WHOLE_SET if not shutil.which(program, path=search)]
        if missing:
            raise WayClosedError(f"{pulumi} comes without {', '.join(missing)}")
        return folder

    def make(self) -> Path:
        """Nothing can be made on PATH."""
        return self.look()

    def _check_version(self, pulumi: str) -> None:
        version = run([pulumi, "version"], LOOK_TIMEOUT, {"PULUMI_SKIP_UPDATE_CHECK": "true"}).strip()
        wanted = wanted_version()
        if numbers(version)[:1] != numbers(wanted)[:1] or numbers(version) < numbers(wanted):
            raise WayClosedError(f"{pulumi} is {version}, and v{wanted} or a newer v3 is needed")


@dataclass(frozen=True, slots=True)
class Installer:
    """Pulumi's own installer, started by the Automation API of the virtual environment's SDK."""

    python: Path
    home: Path
    name: str = "official installer"

    SCRIPT = (
        "import socket, sys; from semver import VersionInfo; from pulumi.automation import PulumiCommand;"
        "socket.setdefaulttimeout(20); PulumiCommand.install(sys.argv[1], VersionInfo.parse(sys.argv[2]))"
    )

    def look(self) -> Path:
        """The folder of an installation made earlier."""
        return existing(self._target / "bin")

    def make(self) -> Path:
        """Run the installer into the cache."""
        cache.publish(self._target, self._install)
        return self.look()

    @property
    def _target(self) -> Path:
        return self.home / f"installer-v{wanted_version()}"

    def _install(self, folder: Path) -> None:
        with Progress(f"installing Pulumi v{wanted_version()} with its official installer"):
            run([str(self.python), "-c", self.SCRIPT, str(folder), wanted_version()], INSTALL_TIMEOUT)
        missing = [program for program in WHOLE_SET if not (folder / "bin" / program).exists()]
        if missing:
            raise WayClosedError(f"it ended well but left out {', '.join(missing)}")


@dataclass(frozen=True, slots=True)
class GoBuild:
    """A build of the engine from Go modules, kept in `home`; the language host is this repository's own.

    Both are put into the folder `own`, where `python`, which has the SDK, runs the host.
    """

    home: Path
    own: Path
    python: Path
    name: str = "build from Go modules"

    def look(self) -> Path:
        """The own folder, filled from a build made earlier."""
        return assemble(existing(self._target), self.own, self.python)

    def make(self) -> Path:
        """Build into the cache. It takes minutes, and Go's module proxy must be reachable."""
        if shutil.which("go") is None:
            raise WayClosedError("there is no `go` on PATH")
        cache.publish(self._target, self._build)
        return self.look()

    @property
    def _target(self) -> Path:
        return self.home / f"go-v{wanted_version()}-{platform.system()}-{platform.machine()}".lower()

    def _build(self, folder: Path) -> None:
        version = wanted_version()
        linker = f"-s -w -X {SDK_MODULE}/go/common/version.Version=v{version}"
        tags = ["-tags", "osusergo,grpcnotrace"]
        target = ["-o", str(folder / "pulumi"), CLI_PACKAGE]
        with Progress(f"building the Pulumi engine v{version} from Go modules, 5 minutes on two cores") as step:
            go(["go", "build", "-v", "-mod=readonly", "-buildvcs=false", *tags, "-ldflags", linker, *target], step)
        sdk = Path(go(["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK_MODULE]).strip())
        for source in (sdk / "python/cmd" / HELPERS[0], sdk / "python/dist" / HELPERS[1]):
            shutil.copyfile(source, folder / source.name)
            (folder / source.name).chmod(0o755)


def existing(folder: Path) -> Path:
    """The folder itself; raises `WayClosedError` when it is not there."""
    if not (folder / "pulumi").exists():
        raise WayClosedError("not done yet")
    return folder


def run(command: Sequence[str], timeout: float, extra: dict[str, str] | None = None) -> str:
    """A command's stdout; raises `WayClosedError` with what it said when it fails."""
    try:
        done = subprocess.run(
            command, env=os.environ | (extra or {}), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WayClosedError(str(error)) from None
    if done.returncode != 0:
        raise WayClosedError(last_words(done.stderr or done.stdout, done.returncode, lines=1))
    return done.stdout


def go(command: Sequence[str], step: Progress | None = None) -> str:
    """Run Go in the folder of go.mod; `step` is told how many lines it has written."""
    said: list[str] = []
    with subprocess.Popen(
        command, cwd=HERE, env=os.environ | {"GOWORK": "off"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            for line in process.stderr or ():
                said.append(line)
                if step:
                    step.note = f"{len(said)} steps"
            output = process.communicate()[0]
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise WayClosedError(last_words("".join(said), process.returncode))
    return output


def last_words(text: str, code: int, lines: int = 3) -> str:
    """The end of what a failed command said, on one line."""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(said[-lines:]) or f"it exited with {code} and said nothing"

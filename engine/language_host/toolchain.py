"""Which Python runs a program, and in what environment: the `runtime.options` of a project file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import json_format
from pulumi.runtime.proto import language_pb2

INSTALL_HINT = (
    "Run `pulumi install`, or make it yourself: python3 -m venv {0} && {0}/bin/pip install -r requirements.txt"
)


class ToolchainError(Exception):
    """The options ask for something that is not there; the message names the way out."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Python, by itself or in a virtual environment. `virtualenv` is absolute, or None."""

    program_directory: Path
    virtualenv: Path | None

    @classmethod
    def of(cls, info: language_pb2.ProgramInfo) -> Toolchain:
        """Read the options `virtualenv` (relative to the project's root) and `toolchain`."""
        options = json_format.MessageToDict(info.options)
        kind = str(options.get("toolchain", "auto")).lower()
        if kind not in {"auto", "pip"}:
            raise ToolchainError(
                f"toolchain '{kind}' is not supported by this language host; set `toolchain: pip` under "
                "`runtime.options`, or install Pulumi from https://www.pulumi.com/docs/install/"
            )
        if checker := options.get("typechecker"):
            raise ToolchainError(f"typechecker '{checker}' is not supported by this language host; remove the option")
        named = options.get("virtualenv")
        root = Path(info.root_directory or os.curdir)
        return cls(Path(info.program_directory or root), (root / str(named)).absolute() if named else None)

    def python(self) -> str:
        """The interpreter's path. Raises `ToolchainError` if the virtual environment is not one."""
        if self.virtualenv is None:
            return ambient_python()
        python = self.virtualenv / "bin" / "python"
        if not python.exists():
            what = "is not a virtual environment" if self.virtualenv.exists() else "does not exist"
            hint = INSTALL_HINT.format(self.virtualenv)
            raise ToolchainError(f"the option 'virtualenv' names {self.virtualenv}, which {what}. {hint}")
        return str(python)

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """`base`, by default this process's environment, with the virtual environment activated."""
        environment = dict(os.environ if base is None else base)
        if self.virtualenv is not None:
            environment.pop("PYTHONHOME", None)
            environment["VIRTUAL_ENV"] = str(self.virtualenv)
            bins = [str(self.virtualenv / "bin"), environment.get("PATH", os.defpath)]
            environment["PATH"] = os.pathsep.join(bins)
        return environment

    def output(self, *arguments: str) -> str:
        """What the interpreter prints when it is run with `arguments`."""
        command = [self.python(), *arguments]
        done = subprocess.run(
            command, cwd=self.program_directory, env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise ToolchainError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout

    def packages(self, *, transitive: bool) -> dict[str, str]:
        """Installed distributions and their versions, as pip lists them."""
        only_direct = [] if transitive else ["--not-required"]
        listed = json.loads(self.output("-m", "pip", "list", "--format", "json", *only_direct))
        return {entry["name"]: entry["version"] for entry in listed}

    def install_commands(self, directory: Path) -> Iterator[list[str]]:
        """The commands that install what `directory` asks for, each to be run after the one before."""
        if self.virtualenv is not None and not (self.virtualenv / "bin" / "python").exists():
            yield [ambient_python(), "-m", "venv", str(self.virtualenv)]
        if (directory / "requirements.txt").exists():
            yield [self.python(), "-m", "pip", "install", "-r", "requirements.txt"]
        elif (directory / "pyproject.toml").exists():
            yield [self.python(), "-m", "pip", "install", "-e", "."]


def ambient_python() -> str:
    """`PULUMI_PYTHON_CMD`, else `python3` or `python` on PATH, else the Python that runs this host."""
    named = os.environ.get("PULUMI_PYTHON_CMD")
    for command in [named] if named else ["python3", "python"]:
        if found := shutil.which(command):
            return found
    if named:
        raise ToolchainError(f"PULUMI_PYTHON_CMD names '{named}', which is not on PATH")
    return sys.executable

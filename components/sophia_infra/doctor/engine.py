"""Pulumi's engine: whether it is there, has its plugin for Python, and knows where the states are."""

import shutil
import subprocess
from pathlib import Path

from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack

_SECONDS = 15
_INSTALL = "install it as https://www.pulumi.com/docs/install/ says, and put it on PATH"
_LANGUAGE = "pulumi-language-python"


def version_of_engine() -> str:
    """Return the version of the engine on PATH; empty where none runs."""
    return answer("version") or ""


def engine(_: Stack) -> Result:
    """Return whether the engine and its plugin for Python run from here."""
    program = shutil.which("pulumi")
    if not program:
        return Result("engine", Status.PROBLEM, "there is no pulumi on PATH", _INSTALL)
    version = answer("version")
    if version is None:
        return Result("engine", Status.PROBLEM, f"{program} does not run", _INSTALL)
    if not shutil.which(_LANGUAGE) and not (Path(program).resolve().parent / _LANGUAGE).exists():
        found = f"pulumi {version}, without {_LANGUAGE} on PATH or beside it"
        return Result("engine", Status.PROBLEM, found, _INSTALL)
    return Result("engine", Status.OK, f"pulumi {version}")


def login(_: Stack) -> Result:
    """Return whether the engine is logged in to where the states are."""
    user = answer("whoami", "--non-interactive")
    if user is None:
        return Result("login", Status.PROBLEM, "pulumi is not logged in, or can't reach its states", "pulumi login")
    return Result("login", Status.OK, f"logged in as {user}")


def answer(*arguments: str, seconds: float = _SECONDS, folder: Path | None = None) -> str | None:
    """Return what the engine on PATH prints, by default in the current folder; None where there is none or it fails.

    What it prints of a failure may hold a URL's password.
    """
    if not (program := shutil.which("pulumi")):
        return None
    try:
        ran = subprocess.run(  # noqa: S603  # the user's own engine, with words of ours
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return ran.stdout.strip()

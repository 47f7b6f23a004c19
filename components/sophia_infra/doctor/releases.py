"""Which versions meet in a run: this library, Pulumi's SDK and the engine."""

import json
import re
import subprocess
import sys
from pathlib import Path

from sophia_infra.doctor.engine import version_of_engine
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack, virtualenv
from sophia_infra.version import VERSION

_SECONDS = 15
_INSTALL = "install sophia-infra into {} anew, from where you have it; pip brings the pulumi that fits"
_ASK = (
    "import json; from importlib.metadata import distribution as d; ours = d('sophia-infra');"
    "print(json.dumps([ours.version, d('pulumi').version, ours.requires]))"
)
_BOUND = re.compile(r"(>=|<)\s*([0-9][0-9.]*)")
_PULUMI = re.compile(r"pulumi\b(?!-)")


def versions(stack: Stack) -> Result:
    """Return whether library, SDK and engine fit each other, in the Python that the project names, else in this one."""
    environment = virtualenv(stack)
    python = str(environment / "bin" / "python") if environment else sys.executable
    found = _installed(python)
    if found is None:
        told = f"{python} has no sophia-infra, or no pulumi, that pip installed"
        return Result("versions", Status.WARNING, told, _INSTALL.format(python))
    library, sdk, needed = found
    engine = version_of_engine()
    told = f"sophia-infra {library}, pulumi {sdk}, engine {engine or 'unknown'}"
    allowed = next((line for line in needed if _PULUMI.match(line)), "")
    if not _within(sdk, allowed) or (engine and not _within(engine, allowed)):
        return Result("versions", Status.PROBLEM, f"{told}; {allowed} is needed of both", _INSTALL.format(python))
    if library != VERSION:
        told = f"{told}; this command is of sophia-infra {VERSION}"
        return Result("versions", Status.WARNING, told, f"run {Path(python).parent / 'sophia'} instead")
    return Result("versions", Status.OK, told)


def _installed(python: str) -> tuple[str, str, list[str]] | None:
    """Return the versions of library and SDK, and what the library needs; None where one is not there."""
    try:
        ran = subprocess.run(  # noqa: S603  # the project's own Python, with words of ours
            [python, "-c", _ASK], capture_output=True, text=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
        library, sdk, needed = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return library, sdk, needed or []


def _within(version: str, requirement: str) -> bool:
    """Whether a version is within the bounds of a requirement such as `pulumi<4,>=3.259`."""
    number = _numbers(version)
    holds = {">=": lambda bound: number >= bound, "<": lambda bound: number < bound}
    return all(holds[word](_numbers(bound)) for word, bound in _BOUND.findall(requirement))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0].partition("+")[0]))

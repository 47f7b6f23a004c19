"""What the agent works on: the stack that is named or selected, its files, and the runs of its journal."""

from pathlib import Path

from sophia_infra import settings
from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Runs
from sophia_infra.doctor.backend import FileBackend, StackError
from sophia_infra.doctor.engine import answer
from sophia_infra.doctor.stack import PROJECT, Stack
from sophia_infra.home import project
from sophia_infra.journal import Journal


def opened(stack: str | None, folder: Path, journal: str | None) -> tuple[str, Places, Runs]:
    """Return a stack's name as `project/stack`, its files and its runs; raises as `for_stack` of the agent."""
    here = project().resolve()
    if not (here / PROJECT).exists():
        told = f"there is no {PROJECT} in {here} or above it: run this in the folder of the stack's program"
        raise StackError(told, code="no-project", field="folder", subject=str(here))
    if fault := Stack.read(here / PROJECT).project_fault:
        raise StackError(f"{here / PROJECT} can't be read: {fault}", code="settings-unreadable", field=PROJECT)
    if not folder.resolve().is_relative_to(here):
        told = f"{folder} is not in the project of the current folder; start the agent there"
        raise StackError(told, code="other-project", field="folder", subject=str(folder))
    chosen = stack or FileBackend(here).selected or answer("stack", "--show-name", folder=here)
    if not chosen:
        raise StackError("no stack is selected here; name one with --stack", code="no-stack", field="--stack")
    places = Places(here, chosen)
    files = places.settings
    if fault := files.fault:
        told = f"the settings of the stack can't be read: {fault}"
        raise StackError(told, code="settings-unreadable", field=str(files.file))
    name = f"{(files.project or {}).get('name')}/{chosen.rpartition('/')[2]}"
    found = Journal.open(journal, "--journal") if journal else settings.journal(files.get)
    return name, places, Runs(found, settings.read(files.get))

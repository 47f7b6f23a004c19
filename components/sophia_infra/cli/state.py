"""The state of a stack, as a file has it or as Pulumi exports it, and what the files of the stack here set."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import UsageError, progress

if TYPE_CHECKING:
    from sophia_infra.doctor.stack import Stack
    from sophia_infra.journal import Journal
    from sophia_infra.settings import Settings
    from sophia_infra.tls.of_state import Known

_SECONDS = 60
State = tuple[str, str]
"""The text of a state, and what it is called."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Those of a state that go by the name that is given, with the journal and the settings of their stack."""

    known: "tuple[Known, ...]"
    state: State
    journal: "Journal"
    files: "Stack"

    @property
    def settings(self) -> "Settings":
        """What the files of the stack here set; the defaults where there are none."""
        from sophia_infra import settings

        return settings.read(self.files.get)


def of_stack(*words: str, selected: bool = True) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add `--state` and `--stack`; the command gets a `State` as `state`. `words` go to `pulumi stack export`.

    Without an option it is the state of the stack that is `selected` here; else None, and no engine is asked.
    """

    def with_options(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def with_state(state: str | None, stack: str | None, **values: Any) -> int:
            from sophia_infra.cli.sources import name_of, read_text

            if state:
                return command(state=(read_text(state), name_of(state)), **values)
            asked = selected or stack is not None
            return command(state=(_exported(stack, *words), "the stack") if asked else None, **values)

        printed = " ".join(("pulumi stack export", *words))
        default = "Default: that of the stack selected here." if selected else "Default: no stack is read."
        of_file = f"What `{printed}` printed; - is standard input. {default}"
        of_name = "Another stack than the one that is selected here." if selected else "The stack whose state is read."
        with_state = click.option("--stack", metavar="STACK", help=of_name)(with_state)
        return click.option("--state", type=FILE, metavar="FILE", help=of_file)(with_state)

    return with_options


def of_certificates(*words: str, one: bool = False) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add NAME, `--state`, `--stack` and `--journal`; the command gets `Certificates` as `found`.

    Where it is about `one`, NAME is required. `words` are as for `of_stack`.
    """

    def with_options(command: Callable[..., int]) -> Callable[..., int]:
        @wraps(command)
        def with_found(name: str, state: State, journal: str | None, **values: Any) -> int:
            from sophia_infra.tls.of_state import pick, read

            known = pick(read(*state), name)
            if one and len(known) > 1:
                told = f"{name!r} is a name in {len(known)} certificates: {', '.join(each.name for each in known)}"
                raise UsageError(f"{told}; give one of these", field="NAME")
            files = files_of(known[0].stack if known else "")
            return command(found=Certificates(known, state, _journal(files, journal), files), **values)

        told = "The journal: a file, a folder or a URL; default that of the stack, else as for sophia audit."
        journal = click.option("--journal", type=click.Path(readable=False), metavar="PATH", help=told)
        name = click.argument("name") if one else click.argument("name", metavar="[NAME]", default="")
        return name(of_stack(*words)(journal(with_found)))

    return with_options


def files_of(stack: str) -> "Stack":
    """Return the files here of a stack: what they set is known without it where there are none."""
    from sophia_infra.doctor.stack import Stack

    file = Path(f"Pulumi.{stack}.yaml")
    found = Stack.read(file if stack and file.exists() else None)
    if fault := found.fault or found.project_fault:
        raise UsageError(f"the settings in {file} and Pulumi.yaml can't be read: {fault}", field=str(file))
    return found


def _journal(files: "Stack", given: str | None) -> "Journal":
    from sophia_infra import settings
    from sophia_infra.journal import Journal
    from sophia_infra.journal.postgresql import VARIABLE

    if given:
        return Journal.open(given)
    if f"{settings.NAMESPACE}:{settings.JOURNAL}" in files.secret and not os.environ.get(VARIABLE):
        told = f"the journal that {files.file} names is secret; name it with --journal, or in ${VARIABLE}"
        raise UsageError(told, field="--journal")
    return settings.journal(files.get)


def _exported(stack: str | None, *words: str) -> str:
    """Return the state of a stack, its secrets encrypted unless `words` ask for them."""
    from sophia_infra.doctor.engine import answer

    progress("reading the state")
    found = answer("stack", "export", *words, *(["--stack", stack] if stack else []), seconds=_SECONDS)
    if found is None:
        way_out = "select a stack (pulumi stack select), or name a file with --state"
        raise UsageError(f"`pulumi stack export` gives no state here; {way_out}", field="--state")
    return found

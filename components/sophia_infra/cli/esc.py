"""`sophia esc`: environments of Pulumi ESC in files. docs/environments.md says what they may hold."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from sophia_infra.cli import options
from sophia_infra.cli.command import Command, Group
from sophia_infra.cli.terminal import complain, print_json, say

if TYPE_CHECKING:
    from sophia_infra.esc import Environment

NOT_EVALUATED = 1
_OF_TERMINAL = (signal.SIGINT, signal.SIGQUIT)


class Evaluating(Command):
    """A subcommand that ends with 1 where an environment has an error."""

    def code_of(self, error: Exception) -> int:
        """Return the exit code for an error."""
        from sophia_infra.esc import EscError

        return NOT_EVALUATED if isinstance(error, EscError) else super().code_of(error)


def _names(ctx: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """What begins so among the names that this machine knows: a shell waits for it, so Cloud is not asked."""
    from sophia_infra.esc import Files, sources

    folder = ctx.params.get("folder")
    files, project = Files(folder), begun.rpartition("/")[0]
    known = files.names()
    if project and not (files.folder / project).is_dir():  # the folder is that of the project
        known = [f"{project}/{name}" for name in known]
    if folder is None and os.environ.get(sources.VARIABLE) == "cloud":
        from sophia_infra.cli.synced import known_names

        known = sorted({*known, *known_names()})
    return [CompletionItem(name) for name in known if name.startswith(begun)]


environment = click.argument("name", metavar="NAME", shell_complete=_names)
where = click.option(
    "--from", "folder", metavar="DIR", help="The folder with the environments; default where SOPHIA_ENVIRONMENTS says."
)
show_secrets = click.option("--show-secrets", is_flag=True, help="Print secrets, which are [secret] otherwise.")


def opened(name: str, folder: str | None) -> "Environment":
    """Return an environment; what is odd about it is told."""
    from sophia_infra.esc import Environment

    found = Environment.open(name, folder)
    _warn(found.warnings)
    return found


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        complain(f"warning: {line}")


@click.group(cls=Group)
def esc() -> None:
    """Environments of Pulumi ESC, in files: evaluate, check and change them, run commands in them."""


@esc.command("open", cls=Evaluating)
@environment
@where
@show_secrets
@options.as_json
def open_(name: str, folder: str | None, show_secrets: bool, as_json: bool) -> int:
    """All values of an environment, as JSON. With `--json` an error is told as JSON too.

    exit codes: 0 printed, 1 the environment has an error, 2 wrong usage

    examples:
      sophia esc open sophia/dev
      sophia esc open sophia/prod --show-secrets
      sophia esc open dev --from environments --json
    """
    print(opened(name, folder).values.json(redact=not show_secrets, indent=2))
    return 0


@esc.command("get", cls=Evaluating)
@environment
@click.argument("path", metavar="PATH")
@where
@show_secrets
@options.as_json
def get(name: str, path: str, folder: str | None, show_secrets: bool, as_json: bool) -> int:
    """One value of an environment: a text as it stands, anything else as JSON. `--json` says where it is from.

    exit codes: 0 printed, 1 there is no such value, or the environment has an error, 2 wrong usage

    examples:
      sophia esc get sophia/dev pulumiConfig
      sophia esc get sophia/dev 'app.ports[0]' --json
    """
    found = opened(name, folder).value(path)
    content = found.plain(redact=not show_secrets)
    if as_json:
        content = json.loads(found.json(redact=not show_secrets))  # octets that are no UTF-8 as U+FFFD
        print_json(value=content, secret=found.secret, place=str(found.place or ""))
    elif isinstance(content, str):
        click.echo(content.encode("utf-8", "surrogateescape"))
    else:
        print(found.json(redact=not show_secrets, indent=2))
    return 0


@esc.command("check", cls=Evaluating)
@environment
@where
@options.as_json
def check(name: str, folder: str | None, as_json: bool) -> int:
    """Whether an environment has an error, and what is odd about it. Errors say file, line and column.

    It needs no key and no credential: no secret is opened, no provider asked, and no command of a provider run. What
    they would give is left out.

    exit codes: 0 none, 1 an error, 2 wrong usage

    examples:
      sophia esc check sophia/prod
      sophia esc check dev --from environments --json
    """
    from sophia_infra.esc import sources

    warnings = sources.chosen(folder).check(name)
    _warn(warnings)
    if as_json:
        print_json(name=name, warnings=list(warnings))
    else:
        say(f"{name}: no error")
    return 0


@esc.command("set", cls=Evaluating)
@environment
@click.argument("path", metavar="PATH")
@click.argument("value", metavar="[VALUE]", required=False)
@click.option("--secret", is_flag=True, help="Encrypt it with the team's key.")
@click.option("--string", "is_text", is_flag=True, help="A text, even if it looks like a number, a list or true.")
@where
@options.as_json
def set_(
    name: str, path: str, value: str | None, secret: bool, is_text: bool, folder: str | None, as_json: bool
) -> int:
    """Set one value of an environment; in a file comments and order stay. Without VALUE it is read from standard input.

    A secret belongs there: other users of a machine see the arguments of commands.

    As in `pulumi env set`, `${app.host}` in a value is a reference, and `$$` stands for one `$`; with --secret the text
    is taken as it is. What would give the environment an error is not written.

    exit codes: 0 written, 1 the environment has no such place, or has an error, 2 wrong usage, or not written

    examples:
      sophia esc set sophia/dev app.replicas 3
      pass app/db | sophia esc set sophia/prod db.password --secret
    """
    from sophia_infra.esc import sources

    given = value if value is not None else _typed(secret=secret)
    if "$$" in given and not secret:
        complain("warning: in what is no secret, $$ is read as one $; write $$$$ for two")
    sources.chosen(folder).write(name, path, given, secret=secret, is_text=is_text)
    if as_json:
        print_json(name=name, path=path, secret=secret)
    return 0


def _typed(*, secret: bool) -> str:
    """What stands on standard input. A secret that is typed on a terminal is one line, and not shown."""
    if secret and sys.stdin.isatty():
        from getpass import getpass

        return getpass("the secret: ")
    return sys.stdin.read().removesuffix("\n")


@esc.command("keys", cls=Evaluating)
@click.option("--new", metavar="FILE", help="Make a key, and keep it in a file that is not there yet.")
@where
@options.as_json
def keys(new: str | None, folder: str | None, as_json: bool) -> int:
    """Whether the team's key opens the secrets of a folder; or make a key. No provider is asked.

    The key is the passphrase in SOPHIA_ESC_PASSPHRASE, or the file that SOPHIA_ESC_KEY_FILE names.

    exit codes: 0 all can be opened, or the key was made, 1 one can not, 2 wrong usage, or not written

    examples:
      sophia esc keys
      sophia esc keys --new ~/.config/sophia/team.key
    """
    import secrets

    from sophia_infra.esc import Files, Local

    if new is not None:
        with open(new, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"{secrets.token_urlsafe(32)}\n")
        checked: list[str] = []
    else:
        files = Files(folder)
        checked = files.names()
        for name in checked:
            _warn(Local(files).check(name, opens_secrets=True))
    if as_json:
        print_json(made=new or "", opened=checked)
    elif new:
        say(f"{new} holds a key; whoever is to open secrets needs it as SOPHIA_ESC_KEY_FILE")
    else:
        say(f"the key opens all secrets of {len(checked)} environments")
    return 0


@esc.command("run", cls=Evaluating, context_settings={"ignore_unknown_options": True})
@environment
@where
@click.argument("command", metavar="-- COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(name: str, folder: str | None, command: tuple[str, ...]) -> int:
    """Run a command with the variables and files of an environment, which it alone has; its exit code is ours.

    exit codes: 0 and up those of the command, 1 the environment has an error, 2 wrong usage, or no such command

    examples:
      sophia esc run sophia/prod -- pulumi up
      sophia esc run dev --from environments -- env
    """
    code = _run_to_its_end(command, opened(name, folder))
    return code if code >= 0 else 128 - code


def _run_to_its_end(command: Sequence[str], found: "Environment") -> int:
    """Run a command that tidies up by itself when it is told to end: a killed engine leaves its stack locked."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def hand_on(number: int, _: object) -> None:
        if not child:
            early.append(number)
        elif number not in _OF_TERMINAL:  # it sends those to both
            child.send_signal(number)

    heard = [one for one in (*_OF_TERMINAL, signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    before = {number: signal.signal(number, hand_on) for number in heard}
    try:
        with tempfile.TemporaryDirectory(prefix="sophia-esc-") as held:  # a folder that only this user may enter
            child = subprocess.Popen(command, env={**os.environ, **_variables(found, Path(held))})  # noqa: S603  as asked
            for number in early:
                child.send_signal(number)
            return child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _variables(found: "Environment", folder: Path) -> dict[str, str]:
    """What an environment sets for a command; its files are written to the folder."""
    from sophia_infra.esc import EscError

    variables = {variable: str(item.content) for variable, item in found.environment_variables.items()}
    for number, (variable, content) in enumerate(found.files.items()):
        path = folder / str(number)
        path.write_bytes(str(content.content).encode("utf-8", "surrogateescape"))
        path.chmod(0o600)
        variables[variable] = str(path)
    for variable, text in variables.items():
        if not variable or set("=\0") & set(variable) or "\0" in text:
            told = f"no command is given a variable such as {variable!r}: it has a zero octet, or '=' in its name"
            raise EscError(told, code="esc-unsupported", field=variable)
    return variables

"""`sophia esc diff | push | pull | edit`: environments in files and in Pulumi Cloud, and none of their changes lost."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.esc import Evaluating, environment, show_secrets, where
from sophia_infra.cli.terminal import UsageError, agreed, plain, print_json, say
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from sophia_infra.esc import Files
    from sophia_infra.esc.cloud import Cloud, Definition

DIFFER = 1


class _Both(NamedTuple):
    """An environment on either side; `sent` is the file's text as Cloud takes it.

    Without a file `text` is None, and the tag of what Cloud does not have is empty.
    """

    cloud: "Cloud"
    files: "Files"
    text: str | None
    sent: str
    held: "Definition"

    @property
    def is_same(self) -> bool:
        from sophia_infra.cli.synced import differences

        return self.text is not None and bool(self.held.etag) and not differences(self.sent, self.held.text)


def _both(name: str, folder: str | None) -> _Both:
    from sophia_infra.cli.synced import for_cloud
    from sophia_infra.esc import EscError, Files
    from sophia_infra.esc.cloud import Cloud, Definition

    cloud, files = Cloud(), Files(folder)
    text = files.text(name)[0] if files.path(name).exists() else None
    sent = for_cloud(text, str(files.path(name))) if text is not None else ""
    try:
        held = cloud.definition(name, decrypted=True)
    except EscError as error:
        if error.code != "esc-missing" or text is None:
            raise
        held = Definition("", "")
    return _Both(cloud, files, text, sent, held)


@click.command(cls=Command)
@environment
@where
@show_secrets
@options.as_json
def diff(name: str, folder: str | None, show_secrets: bool, as_json: bool) -> int:
    """Where an environment's file differs from Pulumi Cloud: what a push would add (+), take away (-) and change (~).

    exit codes: 0 they are the same, 1 they differ, 2 wrong usage, or one of them can't be read

    examples:
      sophia esc diff sophia/prod
      sophia esc diff sophia/prod --json
    """
    from sophia_infra.cli.synced import differences

    found = _both(name, folder)
    differs = differences(found.sent, found.held.text, show_secrets=show_secrets)
    if as_json:
        print_json(name=name, host=found.cloud.login.host, differences=plain(differs))
    else:
        for each in differs:
            say(str(each))
        if not differs:
            say(f"{name} is the same at {found.cloud.login.host}")
    return DIFFER if differs else 0


@click.command(cls=Evaluating)
@environment
@where
@options.as_json
def push(name: str, folder: str | None, as_json: bool) -> int:
    """Write an environment's file to Pulumi Cloud, which makes one that is not there.

    Refused where Cloud's was changed since the last push or pull. Secrets are opened with the team's key and encrypted
    anew by Cloud.

    exit codes: 0 written, or nothing to do; 1 refused, or the environment has an error; 2 wrong usage, or not written

    examples:
      sophia esc push sophia/prod
      sophia esc push sophia/prod --from environments --json
    """
    from sophia_infra.cli.synced import Record
    from sophia_infra.esc import EscError

    found = _both(name, folder)
    text, host = found.text, found.cloud.login.host
    if text is None:
        text, _ = found.files.text(name)  # which says that there is none
    if not found.held.etag:
        found.cloud.create(name)
        found = found._replace(held=found.cloud.definition(name, decrypted=True))
    record, held, is_same = Record(found.cloud, name, text), found.held, found.is_same
    if not is_same and held.text.strip() and not record.has_cloud(held.etag):
        told = (
            f"{name} was changed at {host} since the last push or pull here (sophia esc diff {name}); "
            f"set the file aside (git stash), sophia esc pull {name}, and bring your change back"
        )
        raise EscError(told, code="esc-moved", field=name, subject=host)
    record.keep(held.etag if is_same else found.cloud.define(name, found.sent, held.etag), text)
    return _told(name, found.cloud, f"{name} stands at", not is_same, as_json)


@click.command(cls=Evaluating)
@environment
@where
@options.as_json
def pull(name: str, folder: str | None, as_json: bool) -> int:
    """Write what Pulumi Cloud has for an environment to its file, with secrets encrypted by the team's key.

    Refused where the file was changed since the last push or pull. A secret that is the same keeps its ciphertext.

    exit codes: 0 written, or nothing to do; 1 refused, or the environment has an error; 2 wrong usage, or not written

    examples:
      sophia esc pull sophia/prod
      git diff esc/prod.yaml
    """
    from sophia_infra.cli.synced import Record, for_file
    from sophia_infra.esc import EscError

    found = _both(name, folder)
    cloud, files, text, _, held = found
    record, is_same = Record(cloud, name, text), found.is_same
    if not held.etag:
        held = cloud.definition(name, decrypted=True)  # which says that there is none
    if text and not is_same and not record.has_file():
        told = (
            f"{files.path(name)} was changed since the last push or pull (sophia esc diff {name}); set it aside "
            f"(git stash), sophia esc pull {name}, and bring your change back"
        )
        raise EscError(told, code="esc-moved", field=name, subject=str(files.path(name)))
    made = text or ""
    if not is_same:
        made = for_file(held.text, name, text or "")
        files.write(name, made, before=text)
    record.keep(held.etag, made)
    return _told(name, cloud, f"{files.path(name)} is as it stands at", not is_same, as_json)


def _told(name: str, cloud: "Cloud", what: str, written: bool, as_json: bool) -> int:
    if as_json:
        print_json(name=name, host=cloud.login.host, written=written)
    else:
        say(f"{what} {cloud.login.host}{'' if written else ' already'}")
    return 0


@click.command(cls=Evaluating)
@environment
@where
def edit(name: str, folder: str | None) -> int:
    """Edit an environment with $VISUAL or $EDITOR. It is checked before it is written, and its comments stay.

    What is edited is the file or, with SOPHIA_ENVIRONMENTS=cloud, what Pulumi Cloud has; a secret that is typed there
    as `fn::secret: text` is encrypted by Cloud.

    exit codes: 0 written, or nothing changed; 1 it has an error, or was changed meanwhile; 2 wrong usage, no editor, or
    not written

    examples:
      sophia esc edit sophia/dev
      SOPHIA_ENVIRONMENTS=cloud EDITOR=nano sophia esc edit sophia/prod
    """
    from sophia_infra.esc import Files
    from sophia_infra.esc.cloud import Cloud
    from sophia_infra.esc.sources import chosen

    source = chosen(folder)
    text, write = _in_cloud(source, name) if isinstance(source, Cloud) else _in_file(Files(folder), name)
    folder_of_draft = Path(tempfile.mkdtemp(prefix="sophia-esc-"))  # which only this user may enter
    draft = folder_of_draft / f"{name.rpartition('/')[2]}.yaml"
    draft.write_text(text, "utf-8")
    try:
        while (made := _by_editor(draft)) != text and not _is_written(write, made):
            pass
    except (SophiaError, OSError) as error:
        error.add_note(f"what you edited is kept in {draft}")
        raise
    shutil.rmtree(folder_of_draft)
    say(f"{name}: {'nothing changed' if made == text else 'written'}")
    return 0


def _by_editor(draft: Path) -> str:
    try:
        words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    except ValueError:
        raise UsageError("$VISUAL or $EDITOR has a quote that is not closed", field="EDITOR") from None
    code = subprocess.run([*words, str(draft)], check=False).returncode  # noqa: S603  the user's own editor
    if code:
        raise UsageError(f"{words[0]} ended with {code}; nothing was written", field="EDITOR")
    try:
        made = draft.read_bytes().decode()
    except UnicodeDecodeError:
        raise UsageError("what was edited is no UTF-8; nothing was written") from None
    return made


def _is_written(write: "Callable[[str], object]", made: str) -> bool:
    """Write what was edited; False where it has an error and is to be edited again."""
    from sophia_infra.esc import EscError

    if not made.strip():
        raise UsageError("nothing is left in it; nothing was written")
    try:
        write(made)
    except EscError as error:
        if error.code == "esc-moved" or not sys.stdin.isatty() or not agreed(f"{error}\nEdit it again?", ""):
            raise
        return False
    return True


def _in_file(files: "Files", name: str) -> "tuple[str, Callable[[str], object]]":
    """What a file has, and what checks and writes another text."""
    from sophia_infra.esc import Local

    before, _ = files.text(name)
    return before, lambda made: Local(files).define(name, made, before)


def _in_cloud(cloud: "Cloud", name: str) -> "tuple[str, Callable[[str], object]]":
    """What Cloud has, with its ciphertexts, and what writes another text, which Cloud checks."""
    from sophia_infra.cli.synced import opened_like

    held, opened = cloud.definition(name), cloud.definition(name, decrypted=True)
    return held.text, lambda made: cloud.define(name, opened_like(made, held.text, opened.text, name), held.etag)

"""`sophia esc config`: an environment's `pulumiConfig` as a configuration file, for stacks on any backend."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli import options
from sophia_infra.cli.esc import Evaluating, environment, opened, where
from sophia_infra.cli.terminal import UsageError, print_json, say

if TYPE_CHECKING:
    from sophia_infra.esc import Value

_SECONDS = 120


@click.command(cls=Evaluating)
@environment
@click.option("--stack", metavar="STACK", required=True, help="The stack whose provider of secrets encrypts.")
@click.option("--file", metavar="FILE", help="The file to write; default Pulumi.STACK.esc.yaml.")
@where
@options.as_json
def config(name: str, stack: str, file: str | None, folder: str | None, as_json: bool) -> int:
    """Write an environment's `pulumiConfig` to a file for `pulumi up --config-file`, secrets encrypted.

    No secret is an argument of a command, where others see it. What stands in the file is written over.

    exit codes: 0 written, 1 the environment has an error, 2 wrong usage, no pulumi, or not written

    examples:
      sophia esc config sophia/prod --stack prod
      pulumi up --stack prod --config-file Pulumi.prod.esc.yaml
    """
    found = opened(name, folder).pulumi_config
    target = Path(file or f"Pulumi.{stack.rpartition('/')[2]}.esc.yaml").absolute()
    for item in found.values():
        _refuse_unfit(item)
    open_part = {key: _without_secrets(item) for key, item in found.items() if not item.secret}
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as held:  # another run has its own
        draft = Path(held) / target.name
        draft.write_text(json.dumps({**_provider_of(stack), "config": open_part}) + "\n", "utf-8")
        for key, item in found.items():
            for path, text in _secrets(_as_path(key), item):
                _encrypt(path, text, stack, draft)
        os.replace(draft, target)
    if as_json:
        print_json(name=name, stack=stack, file=str(target))
    else:
        say(f"use it with: pulumi up --stack {stack} --config-file {target.name}")
    return 0


def _provider_of(stack: str) -> dict[str, Any]:
    """Who encrypts, by the stack's own file: without that the engine takes any passphrase."""
    import yaml

    try:
        text = Path(f"Pulumi.{stack.rpartition('/')[2]}.yaml").read_text("utf-8")
    except FileNotFoundError:
        return {}
    found = yaml.safe_load(text) or {}
    return {key: found[key] for key in ("secretsprovider", "encryptedkey", "encryptionsalt") if key in found}


def _refuse_unfit(value: "Value") -> None:
    """Refuse octets that are no UTF-8, and `{secure: ...}`, which is ciphertext to the engine, whatever it holds."""
    from sophia_infra.esc import EscError

    if isinstance(value.content, str) and any("\ud800" <= one <= "\udfff" for one in value.content):
        told = "octets that are no UTF-8, and configuration is text; give it as base64"
        raise EscError(told, value.place, code="esc-unsupported")
    if isinstance(value.content, dict) and value.content.keys() == {"secure"} and not value.secret:
        told = "a mapping with the one key secure is ciphertext in a stack's configuration; give it another key"
        raise EscError(told, value.place, code="esc-unsupported")
    for _, item in value.members():
        _refuse_unfit(item)


def _without_secrets(value: "Value") -> Any:
    """A value as JSON; what takes the place of a secret is written over."""
    if isinstance(value.content, dict):
        return {key: _without_secrets(item) for key, item in value.content.items() if not item.secret}
    if isinstance(value.content, list):
        return [_without_secrets(item) for item in value.content]
    return "" if value.secret else value.plain()


def _as_path(key: str) -> str:
    """A key as `--path` takes it: `shop:["db.password"]`; `shop:db.password` would lead into `shop:db`."""
    namespace, colon, name = key.rpartition(":")
    return key if not set(name) & set('.["') else f"{namespace}{colon}[{json.dumps(name, ensure_ascii=False)}]"


def _secrets(path: str, value: "Value") -> Iterator[tuple[str, str]]:
    """The secrets of a value, each by its path as `pulumi config set --path` takes it."""
    if value.secret:
        yield path, value.content if isinstance(value.content, str) else value.json()
        return
    for key, item in value.members():
        yield from _secrets(f"{path}[{json.dumps(key, ensure_ascii=False)}]", item)


def _encrypt(path: str, text: str, stack: str, file: Path) -> None:
    """Have the engine write one secret, which it reads from standard input."""
    program = shutil.which("pulumi")
    words = ["config", "set", "--path", path, "--secret", "--stack", stack, "--config-file", str(file)]
    if not program:
        raise UsageError("there is no pulumi on PATH, which encrypts the secrets", field="PATH")
    done = subprocess.run(  # noqa: S603  the user's own engine, with words of ours
        [program, *words], input=f"{text}\n", capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        told = f"pulumi encrypts no secret for the stack {stack} ({path}); try: pulumi config --stack {stack}"
        raise UsageError(told, field="--stack")

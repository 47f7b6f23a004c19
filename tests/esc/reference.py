"""The reference evaluator beside ours: the same environments, and what either says of them."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from engine.esc import look
from sophia_infra.esc import Environment, EscError, Local, Number, Value
from tests.support.workspace import REPO

FIXTURES = REPO / "tests" / "fixtures" / "esc"
BY_HAND: dict[str, dict[str, str]] = yaml.safe_load((FIXTURES / "cases.yaml").read_text())
CONTEXT = {"pulumi": {"user": {"id": "USER_123"}}}
Files = Mapping[str, str]


class Flipped:
    """The key of the reference program: each octet XORed with 0x80."""

    def decrypt(self, ciphertext: bytes) -> bytes:
        return bytes(octet ^ 0x80 for octet in ciphertext)


@dataclass(frozen=True)
class Echo:
    """A provider that gives what it is given: as it is, or as a secret."""

    secret: bool = False

    def open(self, inputs: Mapping[str, Value]) -> Any:
        return Value.of(inputs, self.secret)


PROVIDERS = {"echo": Echo(), "hush": Echo(secret=True)}


@dataclass(frozen=True)
class Memory:
    """Environments whose definitions stand in a mapping."""

    files: Files

    def text(self, name: str) -> tuple[str, str]:
        if name not in self.files:
            raise EscError(f"there is no environment {name}", code="esc-missing")
        return self.files[name], name


class Reference:
    """The running program."""

    def __init__(self, program: str) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, files: Files, name: str) -> dict[str, Any]:
        """Return its answer about an environment."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps({'name': name, 'files': files})}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@cache
def reference() -> Reference | None:
    """The program, None where it was not built."""
    program = look()
    return Reference(str(program)) if program else None


def answer_of(program: Reference, files: Files) -> dict[str, Any] | None:
    """What the reference says of `root`: None where it has an error or leaves something unknown."""
    answer = program.ask(files, "root")
    if answer["unknown"] or any(said["error"] for said in answer.get("said", ())):
        return None
    kept = ("redacted", "revealed", "variables", "files")
    return {"values": answer["values"], **{key: answer.get(key) or {} for key in kept}}


def ours(files: Files, name: str) -> Environment:
    """The environment, as we evaluate it; raises `EscError`."""
    return Local(Memory(files), Flipped(), PROVIDERS, CONTEXT).open(name)


def shown(files: Files, name: str) -> dict[str, Any] | None:
    """The same of ours: None where it is refused."""
    try:
        found = ours(files, name)
    except EscError:
        return None
    return {
        "values": _marked(found.values),
        "redacted": found.values.json(redact=True, indent=2),
        "revealed": found.values.json(indent=2),
        "variables": {key: _text(item) for key, item in found.environment_variables.items()},
        "files": {key: _text(item) for key, item in found.files.items()},
    }


def _text(value: Value) -> str:
    return "[secret]" if value.secret else _sound(value.text()[0])


def _sound(text: str) -> str:
    return str(json.loads(Value(text).json()))


def _marked(value: Value) -> dict[str, Any]:
    content: Any = value.content
    if isinstance(content, dict):
        content = {key: _marked(item) for key, item in content.items()}
    elif isinstance(content, list):
        content = [_marked(item) for item in content]
    elif isinstance(content, str):
        content = _sound(content)
    elif isinstance(content, Number):
        content = json.loads(content.text)
    return {"content": content, **({"secret": True} if value.secret else {})}

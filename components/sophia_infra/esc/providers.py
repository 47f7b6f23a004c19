"""What stands behind `fn::open::<provider>` in files: variables, files, commands, Vault, adapters by HTTP.

What any of them gives is a secret, since only who wrote it there knows what it is; `secret: false` says otherwise.
"""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sophia_infra import web
from sophia_infra.esc.errors import EscError
from sophia_infra.esc.evaluation import Provider
from sophia_infra.esc.numbers import DECODER
from sophia_infra.esc.values import Value

SECONDS = 30.0
"""How long a command or a server may take."""


class _Inputs:
    """The inputs of a provider, each read once; what is left over is refused by name."""

    def __init__(self, inputs: Mapping[str, Value]) -> None:
        self._left = {key: item.plain() for key, item in inputs.items()}

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        found = self._left.pop(key, default)
        if type(found) is not kind:
            raise _failed(f"its input {key} must be of type {kind.__name__}")
        return found

    def answer(self, found: Any) -> Value:
        secret = self.take("secret", bool, True)
        if self._left:
            raise _failed(f"it has no input {min(self._left)}")
        return Value.of(found, secret)

    def formed(self, key: str, text: str, what: str) -> Value:
        form = self.take("format", str, "text")
        if form not in ("text", "json"):
            raise _failed("its input format must be text or json")
        try:
            return self.answer({key: DECODER.decode(text) if form == "json" else text})
        except ValueError:
            raise _failed(f"{what} gives no JSON") from None


def _variables(given: _Inputs) -> Value:
    """`fn::open::env: {read: {token: APP_TOKEN}}` gives `{token: <the text of this process's variable>}`."""
    names = given.take("read", dict)
    if missing := [name for name in map(str, names.values()) if name not in os.environ]:
        raise _failed(f"the environment has no {', '.join(sorted(missing))}")
    return given.answer({key: os.environ[str(name)] for key, name in names.items()})


def _file(given: _Inputs) -> Value:
    """`fn::open::file: {path: /run/secrets/db, format: json}` gives `{content: ...}`; the format may be left out.

    The path begins at the current folder.
    """
    path = given.take("path", str)
    try:
        text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise _failed(f"{path} can't be read: {error.strerror}") from None
    return given.formed("content", text, path)


def _command(given: _Inputs) -> Value:
    """`fn::open::command: {run: [pass, app/db], format: json}` gives `{output: ...}`, without the break at its end.

    No shell reads the words.
    """
    words = given.take("run", list)
    if not words or not all(isinstance(word, str) for word in words):
        raise _failed("its input run must be a list of texts, the program first")
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  what the environment names
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) else f"it took more than {SECONDS:.0f} s"
        raise _failed(f"{words[0]} did not run: {why}") from None
    if done.returncode:
        raise _failed(f"{words[0]} ended with {done.returncode}")
    return given.formed("output", done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n"), words[0])


def _vault(given: _Inputs) -> Value:
    """`fn::open::vault-secrets`, with the inputs that it has in Pulumi Cloud, for version 2 of the KV engine.

    `{login: {address, token}, read: {db: {path: app/db, field: password}}}` gives `{db: <the field>}`, or all fields
    where none is named. `mount` is where the engine is, by default `secret`; `namespace` stands beside `token`.
    """
    login, wanted, mount = given.take("login", dict), given.take("read", dict), given.take("mount", str, "secret")
    headers = {"X-Vault-Token": str(login.get("token", ""))}
    if space := login.get("namespace"):
        headers["X-Vault-Namespace"] = str(space)
    found = {}
    for key, one in wanted.items():
        if not isinstance(one, dict) or "path" not in one:
            raise _failed(f"its input read.{key} must be a mapping with path")
        path, field = quote(str(one["path"]).strip("/")), one.get("field")
        address = str(login.get("address", "")).rstrip("/")
        held = _called("GET", f"{address}/v1/{quote(mount)}/data/{path}", headers)
        for step in ("data", "data", *([] if field is None else [field])):
            if not isinstance(held, dict) or step not in held:
                raise _failed(f"{path} has no field {field or step}")
            held = held[step]
        found[key] = held
    return given.answer(found)


def _external(given: _Inputs) -> Value:
    """`fn::open::external: {url, request}` sends the request to an adapter as JSON, and gives `{response: ...}`.

    The contract is ESC's; `token` is sent as a bearer, where Pulumi Cloud signs one itself.
    """
    url, request, token = given.take("url", str), given.take("request", dict, {}), given.take("token", str, "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return given.answer({"response": _called("POST", url, headers, request)})


def _called(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> Any:
    """The JSON that a server answers; a secret goes by https, or to this machine."""
    host = urlsplit(url).hostname or url
    sent = None if body is None else json.dumps(body).encode()
    try:
        status, answer = web.asked(method, url, headers, sent, SECONDS)
    except OSError as error:
        raise _failed(f"{host} {error}") from None
    if status != HTTPStatus.OK:
        raise _failed(f"{host} answers {status}")
    try:
        return DECODER.decode(answer.decode("utf-8-sig"))
    except ValueError:
        raise _failed(f"{host} answers no JSON") from None


def _failed(what: str) -> EscError:
    return EscError(what, code="esc-provider")


@dataclass(frozen=True, slots=True)
class _Shipped:
    """A provider that reads its inputs one by one."""

    give: Callable[[_Inputs], Value]

    def open(self, inputs: Mapping[str, Value]) -> Any:
        return self.give(_Inputs(inputs))


_SHIPPED = {"command": _command, "env": _variables, "external": _external, "file": _file, "vault-secrets": _vault}
SHIPPED: Mapping[str, Provider] = {name: _Shipped(give) for name, give in _SHIPPED.items()}

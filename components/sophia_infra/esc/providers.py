"""What stands behind `fn::open::<provider>` in files: variables, files, commands, Vault, adapters by HTTP.

What any of them gives is a secret, since only who wrote it there knows what it is; `secret: false` says otherwise.
"""

import os
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from sophia_infra.esc.errors import EscError
from sophia_infra.esc.evaluation import Provider
from sophia_infra.esc.numbers import DECODER
from sophia_infra.esc.values import Value
from sophia_infra.retries import within
from sophia_infra.values import is_safe

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


class Variables:
    """`fn::open::env: {read: {token: APP_TOKEN}}` gives `{token: <the variable's text>}`."""

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return the variables of this process."""
        given = _Inputs(inputs)
        names = given.take("read", dict)
        if missing := [name for name in map(str, names.values()) if name not in os.environ]:
            raise _failed(f"the environment has no {', '.join(sorted(missing))}")
        return given.answer({key: os.environ[str(name)] for key, name in names.items()})


class TextFile:
    """`fn::open::file: {path: /run/secrets/db, format: json}` gives `{content: ...}`; the format may be left out."""

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return the content of a file, from the current folder on."""
        given = _Inputs(inputs)
        path = given.take("path", str)
        try:
            text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError as error:
            raise _failed(f"{path} can't be read: {error.strerror}") from None
        return given.formed("content", text, path)


class Command:
    """`fn::open::command: {run: [pass, app/db], format: json}` gives `{output: ...}`; no shell reads the words."""

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return what a command prints, without the break at its end."""
        given = _Inputs(inputs)
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
        text = done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return given.formed("output", text, words[0])


class Vault:
    """`fn::open::vault-secrets`, with the inputs that it has in Pulumi Cloud, for version 2 of the KV engine.

    `{login: {address, token}, read: {db: {path: app/db, field: password}}}` gives `{db: <the field>}`, or all fields
    where none is named. `mount` is where the engine is, by default `secret`; `namespace` stands beside `token`.
    """

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return what Vault holds."""
        given = _Inputs(inputs)
        login, wanted = given.take("login", dict), given.take("read", dict)
        mount = given.take("mount", str, "secret")
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


class External:
    """`fn::open::external: {url, request}` sends the request to an adapter as JSON, and gives `{response: ...}`.

    The contract is ESC's; `token` is sent as a bearer, where Pulumi Cloud signs one itself.
    """

    def open(self, inputs: Mapping[str, Value]) -> Any:
        """Return what the adapter answers."""
        given = _Inputs(inputs)
        url, request, token = given.take("url", str), given.take("request", dict, {}), given.take("token", str, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return given.answer({"response": _called("POST", url, headers, request)})


def _called(method: str, url: str, headers: Mapping[str, str], body: Any = None) -> Any:
    """The JSON that a server answers; a secret goes by https, or to this machine."""
    import requests

    address = urlsplit(url)
    if not is_safe(url):
        raise _failed(f"{address.hostname or url} must be asked by https")
    ask = partial(
        requests.request,
        method,
        url,
        headers=headers,
        json=body,
        timeout=SECONDS,
        allow_redirects=False,
        auth=lambda request: request,  # or else what ~/.netrc has for the host takes the place of the token
        proxies={"http": ""},  # http is for this machine alone: no proxy is to see it
    )
    try:
        answer = within(SECONDS, ask)
        if answer.status_code != requests.codes.ok:
            raise _failed(f"{address.hostname} answers {answer.status_code}")
        return DECODER.decode(answer.content.decode("utf-8-sig"))
    except (requests.RequestException, TimeoutError) as error:
        raise _failed(f"{address.hostname} can't be asked: {type(error).__name__}") from None
    except ValueError:
        raise _failed(f"{address.hostname} answers no JSON") from None


def _failed(what: str) -> EscError:
    return EscError(what, code="esc-provider")


SHIPPED: Mapping[str, Provider] = {
    "command": Command(),
    "env": Variables(),
    "external": External(),
    "file": TextFile(),
    "vault-secrets": Vault(),
}

"""A headless Chromium that a test drives: by the DevTools Protocol over pipes, so that no port is open."""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.workspace import wait_until

PROGRAM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run")

_PLACED = "import os, sys; _, a, b, *c = sys.argv; os.dup2(int(a), 3); os.dup2(int(b), 4); os.execv(c[0], c)"
"""A browser reads commands from descriptor 3, and answers on 4."""


class Browser:
    """One page. `complaints` are errors of its scripts, its policy and its requests."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._read = b""
        self._number = 0
        self._session: dict[str, str] = {}
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **values: Any) -> dict[str, Any]:
        """Call a method of the protocol, and wait for what it answers."""
        self._number += 1
        said = {"id": self._number, "method": method, "params": values, **self._session}
        os.write(self._commands, json.dumps(said).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    def look(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true in the page."""
        wait_until(lambda: bool(self.look(expression)), expression)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key and let go of it."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, text=text)

    def shoot(self, path: Path) -> None:
        """Keep a picture of the page."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            part = os.read(self._answers, 65536)
            assert part, "the browser is gone"
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(event["params"]["exceptionDetails"]))
        if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.complaints.append(str(event["params"]["entry"]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start one, whose profile is in a folder of the test's."""
    assert PROGRAM
    theirs_in, commands = os.pipe()
    answers, theirs_out = os.pipe()
    words = [PROGRAM, *_FLAGS, f"--user-data-dir={profile}"]
    placed = [sys.executable, "-c", _PLACED, str(theirs_in), str(theirs_out), *words]
    with subprocess.Popen(placed, pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL) as process:
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(commands, answers)
        finally:
            process.terminate()
            os.close(commands)
            os.close(answers)

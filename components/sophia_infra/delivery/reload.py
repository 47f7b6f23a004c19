"""The command that has a server read its files anew: bounded in time and in what is shown of it."""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

SECONDS = 60.0
SHOWN = 500
"""How many characters of what it says are shown, its last ones."""
_HANDED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
"""Of the environment: a run has credentials in it, which are none of a server's business."""


_LONG = re.compile(r"[A-Za-z0-9+/=_-]{40,}")
"""What may be a line of a key."""


def run(words: Sequence[str], seconds: float = SECONDS) -> str:
    """Run a command; return what went wrong, empty where nothing did.

    One that takes longer is killed with all that it has started. What it leaves running once it has ended stays.
    """
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    with tempfile.TemporaryFile() as said:  # a pipe would end with the last that it leaves running
        try:
            process = subprocess.Popen(  # noqa: S603  # no shell: the words are the program's
                list(words), stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True
            )
        except OSError as error:
            return f"{words[0]} can't be run: {error.strerror}"
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return f"{words[0]} took longer than {seconds:g} s"
        return "" if code == 0 else f"{words[0]} ended with {code}{_last_words(said)}"


def _last_words(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - 8 * SHOWN))
    told = " ".join(said.read().decode("utf-8", "replace").split())
    if "PRIVATE KEY" in told:
        return "; what it says is not shown, since it holds a private key"
    return f": {_LONG.sub('...', told)[-SHOWN:]!r}" if told else ""

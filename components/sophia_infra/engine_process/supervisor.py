"""The parent of a detached engine: it waits for it, and writes how it ended. Run as a file, it needs no package.

    python supervisor.py FOLDER DESCRIPTOR ...

FOLDER holds `command.json`, the words of the command; `process`, `stdout`, `stderr` and `exit` are written there.
`supervised` is locked as long as there is somebody to write `exit`; the command does not inherit that lock.
The descriptors are locks: the engine and all that it starts inherit them, so these last as long as they do.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

SUPERVISED = "supervised"


def main(folder: Path, descriptors: list[int]) -> int:
    """Run the command to its end, whatever signal reaches this process meanwhile."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: None)  # a handler, which the command does not inherit
    supervised = os.open(folder / SUPERVISED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(supervised, fcntl.LOCK_EX)
    words = json.loads((folder / "command.json").read_text("utf-8"))
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(  # noqa: S603  # words of ours
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, pass_fds=descriptors
        )
        _write(folder / "process", str(process.pid))
        code = process.wait()
    _write(folder / "exit", str(code))
    return code


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(text, "ascii")
    os.replace(draft, path)


if __name__ == "__main__":
    if os.fork():
        os._exit(0)  # so it is nobody's child: who started it need not wait for it
    main(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]])

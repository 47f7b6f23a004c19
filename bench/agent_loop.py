"""The agent's loop: what it takes of a core with nothing to do, and how soon it goes on after it was killed.

A script stands in for the engine, so that what is measured is the loop: between rounds no engine runs.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bench.figures import Compare, Figure
from sophia_infra.agent.execution import approve, plan, request
from sophia_infra.agent.operations import SetRecords
from sophia_infra.agent.sophia import SophiaInfrastructureAgent

WINDOW = 60.0
"""Seconds of idling that are looked at."""
SHARE, SOON = 0.01, 3.0
_STEP = {"op": "update", "urn": "urn:pulumi:dev::shop::a:b:C::zone", "old": {"custom": True}, "new": {"custom": True}}
_ENGINE = f"""\
#!/bin/sh
[ "$1 $2" = "stack export" ] && exec echo '{{"version": 3, "deployment": {{"resources": []}}}}'
for word; do
  case "$last" in --event-log) log=$word ;; --save-plan) : > "$word" ;; esac
  last=$word
done
[ "$1" = up ] && while [ -e hold ]; do touch begun; sleep 0.02; done
echo '{json.dumps({"sequence": 0, "resourcePreEvent": {"metadata": _STEP}})}' >> "$log"
echo '{{"sequence": 1, "summaryEvent": {{"result": "succeeded"}}}}' >> "$log"
"""


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Look at an idle loop once; kill one in an apply and start it anew, in each round."""
    (folder / "bin").mkdir()
    (folder / "bin" / "pulumi").write_text(_ENGINE)
    (folder / "bin" / "pulumi").chmod(0o755)
    before, path = Path.cwd(), os.environ["PATH"]
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{path}"
    try:
        os.chdir(folder)
        (folder / "Pulumi.yaml").write_text("name: shop\n")
        (folder / "Pulumi.dev.yaml").touch()
        (folder / "shop.example.zone").write_text("$TTL 300\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1\n")
        window, used = _idle()
        restarts = tuple(_restart(folder, number) for number in range(rounds))
    finally:
        os.chdir(before)
        os.environ["PATH"] = path
    idle, again = "the agent's loop with nothing to do", "a loop killed in an apply, started anew: its next step"
    note = "other: the seconds that were looked at, so the ratio is a share of a core"
    return [
        Figure(idle, "s", (used,), (window,), Compare.RATIO, SHARE, note=note),
        Figure(again, "s", restarts, (0.0,) * rounds, Compare.EXTRA, SOON),
    ]


def _idle() -> tuple[float, float]:
    """The seconds that were looked at, and those of processor time that a loop with nothing to do took of them."""
    with _loop() as loop:
        _until(loop, "idle")
        began, before = time.monotonic(), _used(loop.pid)
        time.sleep(WINDOW)
        window, used = time.monotonic() - began, _used(loop.pid) - before
        loop.send_signal(signal.SIGTERM)
    return window, used


def _restart(folder: Path, number: int) -> float:
    """Seconds from the start of a loop until it goes on with a run in whose apply the loop before it was killed."""
    agent = SophiaInfrastructureAgent.for_stack("dev")
    change = SetRecords("shop.example", "www", "A", (f"192.0.2.{number + 2}",))
    run = plan(agent, [change], ("true",))
    approve(agent.runs, request(agent.runs, run)[0])
    for name in ("hold", "begun"):
        (folder / name).unlink(missing_ok=True)
    (folder / "hold").touch()
    with _loop() as killed:
        while not (folder / "begun").exists():
            time.sleep(0.02)
        killed.kill()
    (folder / "hold").unlink()
    began = time.monotonic()
    with _loop() as loop:
        _until(loop, "executing")
        took = time.monotonic() - began
        _until(loop, "done")
        loop.send_signal(signal.SIGTERM)
    return took


def _loop() -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sophia_infra", "agent", "run", "--stack", "dev", "--json", "--every", "1h"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _until(loop: "subprocess.Popen[str]", what: str) -> None:
    for line in loop.stdout or ():
        if json.loads(line)["what"] == what:
            return
    raise RuntimeError(f"the loop ended before it was {what}")


def _used(process: int) -> float:
    """User and system time of a process and of those that it waited for, see proc(5)."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

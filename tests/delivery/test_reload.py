"""The reload command: what it says is bounded and holds no secret, and it can't hold a run up."""

import os
import time
from pathlib import Path

import pytest

from sophia_infra.delivery import reload

BODY = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgexample"
PEM = f"-----BEGIN PRIVATE KEY-----\\n{BODY}\\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("exit 0", ""),
        ("echo loud; exit 0", ""),
        ("echo 'bad directive' >&2; exit 3", "sh ended with 3: 'bad directive'"),
        ("exit 3", "sh ended with 3"),
        (f"printf '%b' '{PEM}'; exit 1", "sh ended with 1; what it says is not shown, since it holds a private key"),
        (f"echo {'QUJD' * 16}; exit 1", "sh ended with 1: '...'"),
        ("printf 'a\\033[31mb'; exit 1", r"sh ended with 1: 'a\x1b[31mb'"),
    ],
)
def test_what_went_wrong_is_told(script: str, told: str) -> None:
    assert reload.run(["sh", "-c", script]) == told


def test_the_end_of_a_long_output_is_shown() -> None:
    told = reload.run(["sh", "-c", "yes 'all is well' | head -c 1000000; echo but here; exit 1"])
    assert told.endswith("but here'")
    assert len(told) < reload.SHOWN + 50


def test_a_command_that_is_not_there_is_told() -> None:
    assert reload.run(["no-such-command"]) == "no-such-command can't be run: No such file or directory"


def test_it_gets_nothing_of_the_run_s_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "canary")
    assert reload.run(["sh", "-c", f"env > {tmp_path}/env"]) == ""
    assert "canary" not in (tmp_path / "env").read_text()
    assert "PATH=" in (tmp_path / "env").read_text()


def test_one_that_takes_too_long_is_killed_with_what_it_started(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/child; wait"
    assert reload.run(["sh", "-c", script], seconds=4) == "sh took longer than 4 s"
    child = int((tmp_path / "child").read_text())
    for _ in range(1000):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.01)
    os.kill(child, 9)
    pytest.fail("what it started is alive")


def test_a_server_that_it_leaves_running_holds_nobody_up(tmp_path: Path) -> None:
    assert reload.run(["sh", "-c", f"sleep 600 & echo $! > {tmp_path}/child"], seconds=30) == ""
    os.kill(int((tmp_path / "child").read_text()), 9)

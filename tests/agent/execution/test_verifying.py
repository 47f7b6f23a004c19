"""When it is decided whether a change holds: counted as Argo Rollouts counts, and never by one look alone."""

import sys
from pathlib import Path

import pytest

from sophia_infra.agent.execution.rows import Answers
from sophia_infra.agent.execution.verifying import Measured, Phase, Schedule, measure, verify

GOOD, BAD, OPEN = Measured(Phase.SUCCESSFUL), Measured(Phase.FAILED, "wrong"), Measured(Phase.INCONCLUSIVE, "silent")
AT_ONCE = Schedule(count=2, interval=0, failure_limit=1, inconclusive_limit=1, most=6)
WWW = "www 300 A 192.0.2.{}\n"


@pytest.mark.parametrize(
    ("found", "phase"),
    [
        ([GOOD, GOOD], Phase.SUCCESSFUL),
        ([BAD, GOOD, GOOD], Phase.SUCCESSFUL),
        ([GOOD, BAD, GOOD, GOOD], Phase.SUCCESSFUL),
        ([BAD, GOOD, BAD], Phase.FAILED),
        ([OPEN, GOOD, OPEN, GOOD, GOOD], Phase.SUCCESSFUL),
        ([GOOD, OPEN, OPEN], Phase.INCONCLUSIVE),
        ([OPEN, GOOD] * 3, Phase.INCONCLUSIVE),
    ],
)
def test_measurements_decide_by_their_count_and_limits(found: list[Measured], phase: Phase) -> None:
    left = list(found)
    decided = verify(lambda: left.pop(0), AT_ONCE, lambda _: None)
    assert (decided.phase, bool(decided.why), left) == (phase, phase is not Phase.SUCCESSFUL, [])


def ended(code: int) -> str:
    return f"{sys.executable} -c 'raise SystemExit({code})'"


@pytest.mark.parametrize(
    ("commands", "phase"),
    [
        ((), Phase.INCONCLUSIVE),
        ((ended(0),), Phase.SUCCESSFUL),
        ((ended(0), ended(1), ended(3)), Phase.FAILED),
        ((ended(3),), Phase.INCONCLUSIVE),
        (("no-such-command",), Phase.INCONCLUSIVE),
    ],
)
def test_a_command_of_the_user_s_says_by_its_exit_code(commands: tuple[str, ...], phase: Phase, tmp_path: Path) -> None:
    assert measure((), commands, tmp_path).phase is phase


def test_a_master_file_is_held_to_what_was_promised_and_on_the_way_back_to_what_was_before(tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    live = tmp_path / "zones" / "db.shop.example"
    live.write_text("@ 300 IN NS ns1.dns.example.\nwww 300 IN A 192.0.2.2\nother 300 IN A 192.0.2.9\n")
    promised = (Answers("shop.example", {}, WWW.format(1), WWW.format(2)),)
    assert measure(promised, (), tmp_path).phase is Phase.SUCCESSFUL
    back = measure(promised, (), tmp_path, undone=True)
    assert (back.phase, "www A" in back.why) == (Phase.FAILED, True)
    gone = (Answers("shop.example", {}, "other 300 A 192.0.2.9\n", ""),)
    assert measure(gone, (), tmp_path).phase is Phase.FAILED
    live.write_text("no zone")
    assert measure(promised, (), tmp_path).phase is Phase.INCONCLUSIVE

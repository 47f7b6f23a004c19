from __future__ import annotations

import io
import threading

import pytest

from engine.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_plain_lines_with_the_time_and_the_end() -> None:
    log = io.StringIO()
    with Progress("building", log) as step:
        step.note = "3 packages"
    assert log.getvalue() == "building (0:00)\nbuilding (0:00, 3 packages): done\n"


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    terminal = Terminal()
    with Progress("building", terminal):
        pass
    assert terminal.getvalue() == "\r\x1b[Kbuilding (0:00)\r\x1b[Kbuilding (0:00): done\n"


def test_a_step_that_fails_says_so() -> None:
    log = io.StringIO()
    with pytest.raises(ValueError, match="no"), Progress("building", log):
        raise ValueError("no")
    assert log.getvalue().endswith("building (0:00): not done\n")


def test_a_long_step_is_shown_again_and_again() -> None:
    shown: list[str] = []
    enough = threading.Event()

    class Log(io.StringIO):
        def write(self, text: str) -> int:
            shown.append(text)
            if len(shown) == 3:
                enough.set()
            return len(text)

    with Progress("building", Log(), quiet=0.001):
        assert enough.wait(10)

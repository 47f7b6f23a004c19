"""A round of probes: at once, and never longer than its budget."""

import threading
import time

from sophia_infra.probes.round import AT_ONCE, Check, Probe, probe_all
from tests.probes.servers import listening
from tests.support.ports import free_port

PORT = free_port()
TCP = Check("tcp", PORT, "app.shop.example", "/", (200,), "", 2.0)
HTTP = Check("http", PORT, "app.shop.example", "/", (200,), "", 60.0)


def test_every_target_gets_its_answer() -> None:
    with listening("127.0.0.2", PORT):
        probes = [Probe("up", "127.0.0.2", TCP), Probe("down", "127.0.0.3", TCP)]
        assert probe_all(probes) == {"up": "", "down": "Connection refused"}


def test_black_holes_spend_the_budget_and_leave_the_rest_unknown() -> None:
    with listening("127.0.0.2", PORT):
        holes = [Probe(f"hole {number}", "127.0.0.2", HTTP) for number in range(AT_ONCE)]
        begun = time.monotonic()
        found = probe_all([Probe("first", "127.0.0.3", TCP), *holes, Probe("last", "127.0.0.3", TCP)], budget=3)
        assert 3 <= time.monotonic() - begun < HTTP.timeout, "no hole is waited for"
    assert found.keys() <= {"first", "last"}
    assert found["first"] == "Connection refused"


def test_no_more_than_a_bounded_number_runs_at_once_and_all_get_their_turn() -> None:
    running, most, lock, all_run = 0, 0, threading.Lock(), threading.Event()

    def run(_target: str, _check: Check) -> str:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == AT_ONCE:
                all_run.set()
        all_run.wait(60)
        time.sleep(0.005)  # so that one more than may run would start meanwhile
        with lock:
            running -= 1
        return ""

    probes = [Probe(str(number), "127.0.0.1", TCP) for number in range(3 * AT_ONCE)]
    assert len(probe_all(probes, budget=60, run=run)) == 3 * AT_ONCE
    assert most == AT_ONCE


def test_once_the_budget_is_spent_no_other_target_is_asked() -> None:
    asked: list[str] = []

    def run(target: str, _check: Check) -> str:
        asked.append(target)
        time.sleep(0.2)  # longer than the budget
        return ""

    probe_all([Probe(str(number), "127.0.0.1", TCP) for number in range(3 * AT_ONCE)], budget=0.1, run=run)
    for thread in threading.enumerate():
        if thread.name == "probe":
            thread.join(10)
    assert len(asked) <= AT_ONCE


def test_no_pools_no_probes() -> None:
    assert probe_all([]) == {}

"""The real command against the stand-in: whatever happens between its requests, nothing is lost."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.journal import Journal
from tests.cli.conftest import Ran, Sophia, spawn
from tests.support.namecheap_server import IP, KEY, USER, Account, Domain, Entry, running
from tests.support.patience import LONG, only_gives_up_on

ZONE = "shop.example"
REDIRECT: Entry = ("old", "URL301", "https://www.shop.example/", "10", 1800)
FORWARD: Entry = ("@", "MX", "eforward1.registrar-servers.com.", "10", 1800)
HOSTS: list[Entry] = [("@", "A", "192.0.2.1", "10", 1800), ("www", "A", "192.0.2.1", "10", 1800), REDIRECT, FORWARD]
CHANGE = ("add", ZONE, "api", "A", "192.0.2.7", "--ttl", "300", "--yes")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NAMECHEAP_API_KEY", KEY)
    return tmp_path / "home"


@pytest.fixture
def account() -> Iterator[Account]:
    with running(shop_example=Domain(list(HOSTS), email="FWD")) as account:
        yield account


@pytest.fixture
def panel(account: Account) -> Domain:
    return account.domains[ZONE]


def where(account: Account, **settings: str) -> list[str]:
    given = {"username": USER, "client_ip": IP, "endpoint": account.endpoint, "quota": "[1000,1000,8000]", **settings}
    return [
        "--backend",
        "namecheap",
        *(word for name, value in given.items() for word in ("--setting", f"{name}={value}")),
    ]


def sophia(account: Account, *arguments: str, **settings: str) -> Ran:
    return spawn("dns", *arguments, *where(account, **settings))


def test_list_add_update_remove_and_restore_at_namecheap(account: Account, panel: Domain) -> None:
    listed = sophia(account, "list", ZONE, "--type", "A").out
    assert listed == "@ 1800 A 192.0.2.1\nwww 1800 A 192.0.2.1\n"
    added = sophia(account, *CHANGE, "--json").json("dns-change")
    assert (added["outcome"], added["changes"]["creates"]) == ("applied", 1)
    assert sophia(account, "update", ZONE, "www", "A", "192.0.2.9", "--yes").code == 0
    assert sophia(account, "remove", ZONE, "api", "--yes").code == 0
    assert {host[:3] for host in panel.hosts} == {
        ("@", "A", "192.0.2.1"),
        ("www", "A", "192.0.2.9"),
        REDIRECT[:3],
        FORWARD[:3],
    }
    assert sophia(account, "restore", ZONE, added["backup"], "--yes").code == 0
    assert sorted(panel.hosts) == sorted(HOSTS)
    assert panel.email == "FWD"
    assert sophia(account, "restore", ZONE, added["backup"]).out == "no changes\n"


def test_a_redirect_s_name_is_not_to_be_had(account: Account, panel: Domain) -> None:
    ran = sophia(account, "add", ZONE, "old", "A", "192.0.2.7", "--yes")
    assert ran.code == 2
    assert "old is a Namecheap URL301 host" in ran.err
    assert panel.hosts == HOSTS


def test_of_two_processes_at_once_none_loses_what_the_other_wrote(account: Account, panel: Domain) -> None:
    rans: list[Ran] = []

    def add(number: int) -> None:
        rans.append(sophia(account, "add", ZONE, f"host{number}", "A", f"192.0.2.{number}", "--yes"))

    threads = [threading.Thread(target=add, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = {host[0] for host in panel.hosts if host[0].startswith("host")}
    assert len(written) == sum(ran.code == 0 for ran in rans) >= 1
    assert all("has changed since the preview" in ran.err for ran in rans if ran.code)
    assert {REDIRECT, FORWARD} <= set(panel.hosts)


REQUESTS = 6
"""Requests of one change: name servers and hosts for the plan, both again under the lock, the write, reading back."""


WRITE = 5


def test_a_change_costs_six_requests(account: Account) -> None:
    assert sophia(account, *CHANGE).code == 0
    assert len(account.commands) == REQUESTS
    assert [account.commands.index("setHosts") + 1, account.commands.count("setHosts")] == [WRITE, 1]


@pytest.mark.parametrize(
    ("number", "phase"),
    [
        (1, "before"),
        (WRITE, "before"),
        (WRITE, "after"),
        (REQUESTS, "after"),
        # Nothing is written yet, or all is: tests/dns/test_kills.py has these in `make test` without the command.
        *(pytest.param(number, "before", marks=pytest.mark.soak) for number in (*range(2, WRITE), REQUESTS)),
    ],
)
def test_killed_at_any_request_and_run_again_it_ends_right(
    account: Account, panel: Domain, number: int, phase: str
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    ready = threading.Event()

    def kill(_: str, now: str) -> None:
        if len(account.commands) == number and now == phase:
            assert ready.wait(30)
            started[0].kill()
            started[0].wait()

    account.meanwhile = kill
    path = os.pathsep.join(filter(None, sys.path))
    command = [sys.executable, "-m", "sophia_infra", "dns", *CHANGE, *where(account)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path}) as run:
        started.append(run)
        ready.set()
    assert run.returncode == -9
    account.meanwhile = lambda command, phase: None
    assert set(HOSTS) <= set(panel.hosts)
    assert sophia(account, *CHANGE).code == 0
    assert sorted(panel.hosts) == sorted([*HOSTS, ("api", "A", "192.0.2.7", "10", 300)])
    assert sophia(account, *CHANGE).out == "no changes\n"
    assert Journal.open().verify().ok


@pytest.mark.parametrize("fault", ["500-after", "drop-after"])
def test_a_write_whose_answer_is_lost_is_found_done(account: Account, panel: Domain, fault: str) -> None:
    account.faults = [("setHosts", fault)]
    assert sophia(account, *CHANGE).code == 0
    assert len(panel.hosts) == 5


def test_a_slow_answer_is_waited_for_no_longer_than_the_timeout(
    account: Account, sophia: Sophia, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = threading.Event()

    def wait(command: str, phase: str) -> None:
        if (command, phase) == ("setHosts", "before"):
            slow.wait(LONG)

    account.meanwhile = wait
    only_gives_up_on(monkeypatch, lambda _, form: form["Command"].endswith("setHosts"))
    try:
        ran = sophia("dns", *CHANGE, *where(account, timeout="1"))
    finally:
        slow.set()
    assert ran.code == 2
    assert "as it was before: run it again" in ran.err
    assert "the zone as it was is kept in " in ran.err


def test_the_minute_s_quota_is_shared_and_said(account: Account) -> None:
    quota = {"quota": "[2,4,8000]"}
    assert sophia(account, "list", ZONE, **quota).code == 0
    account.commands.clear()
    hour = {"quota": "[1000,2,8000]"}
    ran = sophia(account, "list", ZONE, **hour)
    assert ran.code == 2
    assert "has used its 2 requests in 3600 seconds; it goes on at " in ran.err
    assert not account.commands


def test_the_key_reaches_no_output_and_no_file(account: Account, home: Path) -> None:
    rans = [
        sophia(account, *CHANGE, "--json"),
        sophia(account, "list", ZONE, username="nobody"),
        spawn("dns", "list", ZONE, *where(account), NAMECHEAP_API_KEY=f"{KEY}-wrong"),
    ]
    assert [ran.code for ran in rans] == [0, 2, 2]
    assert not [ran for ran in rans if KEY in ran.out + ran.err]
    files = [file for file in home.rglob("*") if file.is_file()]
    assert len(files) >= 5
    assert not [file for file in files if KEY.encode() in file.read_bytes()]

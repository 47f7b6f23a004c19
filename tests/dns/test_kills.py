"""SIGKILL at every step of an apply, on every backend: no lookup breaks, and the next run ends right.

A step is anything a run does to the world: a file, a lock, the journal's database, a message to a server.
"""

from __future__ import annotations

import fcntl
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Backend
from sophia_infra.dns.rr.record import apex_of, from_text, merged
from sophia_infra.journal import Journal
from tests.dns.homes import HOMES, Home
from tests.dns.runs import DONE, KILLED, REFUSED, Runs
from tests.dns.scenarios.run import text_of

STAYS = '@ A 192.0.2.1\n@ TXT "v=spf1 mx -all"\nmail A 192.0.2.3\nmail AAAA 2001:db8::3\n'
BEFORE = STAYS + '@ MX 10 mail\n@ CAA 0 issue "a.example"\nold A 192.0.2.8\nshop A 192.0.2.2\nwww CNAME shop\n'
AFTER = STAYS + '@ MX 20 mail\n@ CAA 0 issue "b.example"\nnew A 192.0.2.9\nshop CNAME www\nwww A 192.0.2.2\n'


@pytest.fixture(params=HOMES)
def zone(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    with HOMES[request.param](tmp_path) as made:
        for name, secret in made.secrets.items():
            monkeypatch.setenv(name, secret)
        yield made


@pytest.fixture
def start(zone: Home) -> Iterator[Callable[[], Runs]]:
    with ExitStack() as stack:

        def started() -> Runs:
            runs = Runs(zone.settings, zone.secrets)
            stack.callback(runs.close)
            return runs

        yield started


def sets(lines: str) -> dict[str, set[str]]:
    """The sets of a zone by their subjects, without what the server keeps of its own."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in from_text(lines):
        if record.subject not in ("@ SOA", "@ NS"):
            found[record.subject].add(f"{record.ttl} {record.rdata}")
    return found


def reset(backend: Backend) -> None:
    """Make the zone what it was before, whatever it is now."""
    backend.apply(lambda live: backend.normalize(merged(text_of(BEFORE), apex_of(live.text)), live))


def assert_no_lookup_is_broken(live: str) -> None:
    """What is asked for before and after answers, and every set is the one or the other."""
    found, before, after = sets(live), sets(text_of(BEFORE)), sets(text_of(AFTER))
    for subject in found.keys() | before.keys() | after.keys():
        assert found.get(subject) in (before.get(subject), after.get(subject)), subject
    names = {subject.split(" ")[0] for subject in found}
    assert {"@", "mail", "shop", "www"} <= names


def around_messages(deeds: list[str]) -> list[int]:
    """The steps that are a deed on the network or come right after one."""
    return [step for step in range(1, len(deeds) + 1) if "socket" in deeds[max(step - 2, 0) : step]]


@pytest.mark.parametrize(
    ("zone", "every"),
    [
        ("file", True),
        # The journal's steps are the same at every backend: `make test` takes them with the file.
        *((name, False) for name in ("knot", "bind", "namecheap")),
        *(pytest.param(name, True, marks=pytest.mark.soak) for name in HOMES if name != "file"),
    ],
    indirect=["zone"],
)  # tests/dns/backends/cloudflare/test_crash.py takes the steps between requests there
def test_killed_at_any_step_and_run_again_it_ends_right_and_nothing_is_lost(
    zone: Home, every: bool, start: Callable[[], Runs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs, homes = start(), (tmp_path / f"home{number}" for number in count())
    reset(zone.backend)
    whole = runs.run(AFTER, next(homes))
    assert whole["ended"] == DONE
    deeds = whole["deeds"]
    for step in range(1, len(deeds) + 1) if every else around_messages(deeds):
        folder = next(homes)
        monkeypatch.setenv("SOPHIA_HOME", f"{folder}-of-the-test")  # with a request budget of its own
        reset(zone.backend)
        ended = runs.run(AFTER, folder, dies_at=step)["ended"]
        if ended == DONE:  # the network cut an answer into fewer pieces this time
            assert step > len(deeds) * 3 // 4
            break
        assert ended == KILLED, step
        assert_no_lookup_is_broken(zone.backend.read().text)
        again = runs.run(AFTER, folder)
        if again["ended"] == REFUSED:  # meanwhile the server carried out what the killed run had sent last
            again = runs.run(AFTER, folder)
        assert again["ended"] == DONE, step
        assert sets(zone.backend.read().text) == sets(text_of(AFTER)), step
        Journal.open(folder).verify()


def test_of_two_runs_that_planned_against_the_same_zone_one_wins_and_the_other_refuses(
    zone: Home, start: Callable[[], Runs], tmp_path: Path
) -> None:
    reset(zone.backend)
    asked = [BEFORE.replace("192.0.2.8", f"192.0.2.8{number}") for number in range(2)]
    gate = tmp_path / "gate"
    both = [start(), start()]
    with gate.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for number, runs in enumerate(both):
            runs.start(asked[number], tmp_path / "home", waits_for=str(gate))
        assert [runs.answer() for runs in both] == [{"ended": "planned"}] * 2
    ended = [runs.answer()["ended"] for runs in both]
    assert sorted(ended) == [DONE, REFUSED]
    assert sets(zone.backend.read().text) == sets(text_of(asked[ended.index(DONE)]))

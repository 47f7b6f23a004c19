"""A run is killed before each write, and before each request to the CA; the next one ends with one certificate."""

import os
import signal
from pathlib import Path

import pytest
import requests

from sophia_infra.journal import Journal
from sophia_infra.tls.challenges.leftovers import left
from tests.support.kills import Step, die_before
from tests.support.pebble import Pebble
from tests.tls.acme.stacks import NAMES, Inputs, asked, up
from tests.tls.orders import csr, run

WRITES: list[Step] = [(os, "replace"), (os, "unlink"), (Journal, "write")]
STEPS = {"writes": WRITES, "writes and requests": [*WRITES, (requests.Session, "send")]}


def up_and_die(olds: Inputs, news: Inputs, resolver: str, at: int, kind: str, told: Path) -> None:
    met = die_before(at, STEPS[kind])
    up(olds, news, resolver)
    told.write_text(" ".join(met))


def hold(pebble: Pebble, account_key: str, kind: str, told: Path, *, renews: bool) -> None:
    """Kill a run before the first step, another before the second, and so on until one has fewer; count the steps."""
    resolver, at = pebble.resolver.server, 0
    while not told.exists():
        at += 1
        news, olds = asked(pebble, account_key, f"demo/test/shop-{at}"), Inputs()
        if renews:
            olds = up({}, news, resolver)
            news |= {"csr_pem": csr(NAMES), "revoke": {"serial_number": olds["serial_number"]}}
        issued = pebble.issued
        ended = run(up_and_die, olds, news, resolver, at, kind, told)
        assert ended == (0 if told.exists() else -signal.SIGKILL)
        outs = up(olds, news, resolver)
        assert pebble.issued == issued + 1, f"killed before step {at}"
        assert outs["serial_number"] != olds.get("serial_number")
        assert not pebble.revoked(outs["serial_number"])
        assert not renews or pebble.revoked(olds["serial_number"])
        assert up(outs, news, resolver) == outs
        assert (pebble.shown, left(Journal.open(), news["label"])) == ([], ())
    assert {name for _, name in STEPS[kind]} == set(told.read_text().split())


def test_a_kill_before_any_write_ends_with_one_certificate(pebble: Pebble, account_key: str, tmp_path: Path) -> None:
    hold(pebble, account_key, "writes", tmp_path / "told", renews=False)


@pytest.mark.soak
@pytest.mark.parametrize("renews", [False, True])
def test_a_kill_before_any_write_or_request_ends_with_one_certificate(
    renews: bool, pebble: Pebble, account_key: str, tmp_path: Path
) -> None:
    hold(pebble, account_key, "writes and requests", tmp_path / "told", renews=renews)

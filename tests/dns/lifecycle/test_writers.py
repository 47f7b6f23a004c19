"""Who wrote a zone since this stack did: a stack's former name is told from another stack."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sophia_infra.dns.backends import Live
from sophia_infra.dns.lifecycle.owners import take_over
from sophia_infra.dns.rows import Owner, ZoneIntent, ZoneOutcome
from sophia_infra.dns.state import ZoneState
from sophia_infra.journal import Journal
from sophia_infra.reporter import STDERR
from tests.dns.stack import FRAME, ZoneStack

OURS = "www 60 A 192.0.2.1\n"
WRITTEN = "/zones/shop was written by shop of acme/old since this stack wrote it"


@pytest.mark.parametrize(
    ("asked", "said"),
    [(OURS, []), ("www 60 A 192.0.2.2\n", [WRITTEN])],
    ids=["this one before its stack was renamed", "another one, which took the zone over"],
)
def test_a_writer_that_the_journal_alone_knows_is_a_former_name_only_with_what_this_stack_asked_for(
    asked: str, said: list[str], tmp_path: Path
) -> None:
    journal = Journal.open(tmp_path)
    wrote = Owner("r0", "shop.example", "h", "acme/old", "shop")
    desired = ZoneState("shop.example", asked).digest
    journal.write("/zones/shop", ZoneOutcome(ZoneIntent(wrote, desired=desired)))
    state = ZoneState("shop.example", OURS, stack="acme/prod", label="shop")  # as `check` has it, without a holder
    spec = SimpleNamespace(ownership=state.ownership)
    world: Any = SimpleNamespace(spec=spec, state=state, live=Live(asked, 1, writer="shop of acme/old"))
    me = Owner("r1", "shop.example", "", "acme/prod", "shop")
    assert take_over(world, me, journal, "/zones/shop") == said


SHOP, NEW, ALSO, LATER = (
    "shop 60 A 192.0.2.1\n",
    "new 60 A 192.0.2.3\n",
    "also 60 A 192.0.2.2\n",
    "later 60 A 192.0.2.4\n",
)
REMOVE = ". As long as it finds all as asked for and writes nothing, a delete here needs SOPHIA_REMOVE=always"


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    """A zone that another stack, with a journal of its own, serves."""
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": FRAME + ALSO + SHOP, "stack": "acme/old"})
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "mine"))
    stack.state, stack.outputs = {}, {}
    return stack


def taken(capsys: pytest.CaptureFixture[str]) -> list[str]:
    told = [line for line in capsys.readouterr().err.splitlines() if "takes it over" in line]
    return [line.removeprefix("sophia: zone shop.example: ") for line in told]


def mine(*lines: str) -> dict[str, Any]:
    return {"text": "".join(lines), "manage": ["created"], "stack": "acme/prod"}


def test_sets_that_others_serve_as_they_are_asked_for_are_taken_over_by_name(
    theirs: ZoneStack, capsys: pytest.CaptureFixture[str]
) -> None:
    written = f"at {theirs.file} is there already, written by shop of acme/old until now; this stack takes it over"
    capsys.readouterr()
    assert theirs.run(mine(SHOP))
    assert taken(capsys) == [f"shop A {written}{REMOVE}"]
    assert theirs.run(mine(ALSO, NEW, SHOP))
    assert taken(capsys) == [f"also A {written}"], "it wrote before"
    assert not theirs.run(mine(ALSO, NEW, SHOP))
    assert taken(capsys) == []

    theirs.file.write_text(f"{theirs.file.read_text()}{LATER}")
    theirs.run(mine(ALSO, LATER, NEW, SHOP))
    assert taken(capsys) == [f"later A {written.replace('acme/old', 'acme/prod and others')}"]


def test_what_a_run_wrote_that_was_killed_is_no_take_over(
    theirs: ZoneStack, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs.run(mine("first 60 A 192.0.2.3\n"))
    theirs.die(mine("first 60 A 192.0.2.3\n", "second 60 A 192.0.2.4\n"), written=True)
    STDERR.forget()
    capsys.readouterr()
    theirs.run(mine("first 60 A 192.0.2.3\n", "second 60 A 192.0.2.4\n"))
    assert taken(capsys) == []


def test_a_journal_that_both_share_says_who_wrote_where_the_home_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = ZoneStack(tmp_path, monkeypatch)
    stack.run({"text": FRAME + SHOP, "stack": "acme/old"})
    stack.file.write_text("\n".join(line for line in stack.file.read_text().splitlines() if line[0] != ";"))
    stack.state, stack.outputs = {}, {}
    STDERR.forget()
    capsys.readouterr()
    stack.begin()
    stack.plan({"text": FRAME + SHOP, "stack": "acme/prod"})
    assert f"{stack.file} is there already, written by shop of acme/old until now" in capsys.readouterr().err

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
    world: Any = SimpleNamespace(state=state, live=Live(asked, 1, writer="shop of acme/old"))
    me = Owner("r1", "shop.example", "", "acme/prod", "shop")
    assert take_over(world, me, journal, "/zones/shop") == said

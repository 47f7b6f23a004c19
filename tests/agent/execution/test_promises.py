"""What a change promised is asked of whatever serves it: name servers, targets of pools, URLs, commands."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import promises
from sophia_infra.agent.execution.bound import Bound
from sophia_infra.agent.execution.promises import measure
from sophia_infra.agent.execution.rows import Answers, Asked, Proposal, Targets
from sophia_infra.engine_run import OURS
from sophia_infra.probes.measured import Measured, Phase
from sophia_infra.probes.round import Check
from tests.probes.servers import answering, http_server

WWW = "www 300 A 192.0.2.{}\n"


def asked(folder: Path, *, undone: bool = False, **promised: Any) -> Measured:
    given: dict[str, Any] = {"operations": (), "files": (), "created": (), "deletes": (), "answers": (), **promised}
    row = Proposal(stack="shop/dev", advice="", bound=Bound(), standing="approve", exposure="low", **given)
    return measure(row, Places(folder, "dev"), undone=undone)


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
    assert asked(tmp_path, commands=commands).phase is phase


def test_a_master_file_is_held_to_what_was_promised_and_on_the_way_back_to_what_was_before(tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    live = tmp_path / "zones" / "db.shop.example"
    live.write_text("@ 300 IN NS ns1.dns.example.\nwww 300 IN A 192.0.2.2\nother 300 IN A 192.0.2.9\n")
    promised = (Answers("shop.example", {}, WWW.format(1), WWW.format(2)),)
    assert asked(tmp_path, answers=promised).phase is Phase.SUCCESSFUL
    back = asked(tmp_path, answers=promised, undone=True)
    assert (back.phase, "www A" in back.why) == (Phase.FAILED, True)
    gone = (Answers("shop.example", {}, "other 300 A 192.0.2.9\n", ""),)
    assert asked(tmp_path, answers=gone).phase is Phase.FAILED
    live.write_text("no zone")
    assert asked(tmp_path, answers=promised).phase is Phase.INCONCLUSIVE


@pytest.fixture
def site() -> Iterator[int]:
    with http_server(answering()) as port:
        yield port


def test_a_url_of_the_user_s_is_asked_and_no_command(site: int, tmp_path: Path) -> None:
    assert asked(tmp_path, commands=(f"http://127.0.0.1:{site}",)).phase is Phase.SUCCESSFUL
    assert asked(tmp_path, commands=(f"204=http://127.0.0.1:{site}",)).phase is Phase.FAILED


def test_targets_that_a_pool_came_to_publish_are_probed_and_on_the_way_back_those_of_before(
    site: int, tmp_path: Path
) -> None:
    check = Check("http", site, "www.shop.example", "/", (200,), "", 2.0)
    targets = (Targets("www.shop.example", check, ("127.0.0.1",), ("127.0.0.1",)),)
    assert asked(tmp_path, targets=targets).phase is Phase.SUCCESSFUL
    with socket.socket() as silent:  # bound, and nobody listens
        silent.bind(("127.0.0.1", 0))
        check = Check("tcp", silent.getsockname()[1], "www.shop.example", "/", (200,), "", 2.0)
        targets = (Targets("www.shop.example", check, (), ("127.0.0.1",)),)
        found = asked(tmp_path, targets=targets)
        assert (found.phase, "127.0.0.1" in found.why) == (Phase.FAILED, True)
        assert asked(tmp_path, targets=targets, undone=True).phase is Phase.SUCCESSFUL


@pytest.mark.parametrize(
    ("stands", "phase"),
    [(4, Phase.SUCCESSFUL), (3, Phase.FAILED), (None, Phase.INCONCLUSIVE)],
    ids=["new", "old", "gone"],
)
def test_a_renewal_holds_once_another_generation_stands_and_its_way_back_asks_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands: int | None, phase: Phase
) -> None:
    kind = f"{OURS}Certificate"
    inputs = {"label": "web", "generation": stands}
    web = {"urn": f"urn:pulumi:dev::shop::{kind}::web", "type": kind, "custom": True, "inputs": inputs}
    state = {"deployment": {"resources": [web] if stands else []}}
    monkeypatch.setattr(promises, "exported", lambda *_: json.dumps(state))
    renewal = (Asked("renew", "web", "web", 3),)
    assert asked(tmp_path, asked=renewal).phase is phase
    assert asked(tmp_path, asked=renewal, undone=True).phase is Phase.INCONCLUSIVE

"""What an apply would refuse is refused by the preview, though values are not known yet."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from tests.dns.stack import FRAME, ZoneStack

SOA = "@ 3600 SOA ns1.dns.example. h.dns.example. 1 2 3 4 5\n"
THEIRS = "mail 60 A 192.0.2.66\n"
TAKEN = "mail A is live already and not this stack's"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    """A stack beside whose zone somebody else has `mail A`; its pools are not probed."""
    stack = ZoneStack(tmp_path, monkeypatch, probe="off")
    stack.file.write_text(SOA + FRAME + THEIRS)
    return stack


def late(name: str, value: Any = UNKNOWN) -> dict[str, Any]:
    return {"text": "", "late": {f"{name} A 60": value}, "manage": ["created"]}


def pool(*targets: str, **arguments: Any) -> dict[str, Any]:
    pools = [{"name": "mail", "targets": [list(targets)], "check": {"kind": "tcp", "port": 1}}]
    return {"text": "", "pools": pools, **arguments}


def test_a_late_value_of_a_set_that_is_somebody_elses(stack: ZoneStack) -> None:
    assert TAKEN in stack.refused(late("mail"))
    assert stack.refused(late("stall")) == ""


def test_a_late_value_of_a_set_outside_of_what_is_managed(stack: ZoneStack) -> None:
    refused = stack.refused({**late("stall"), "manage": ["shop"]})
    assert "stall A is asked for, but this stack manages only shop" in refused


def test_a_pool_with_a_target_that_is_not_known_in_place_of_a_set_that_is_somebody_elses(stack: ZoneStack) -> None:
    assert TAKEN in stack.refused(pool("192.0.2.1", UNKNOWN, manage=["created"]))
    assert stack.refused(pool("2001:db8::1", UNKNOWN, manage=["created"])) == ""


@pytest.mark.parametrize("written", [False, True])
def test_a_set_that_a_killed_run_set_out_to_write_is_not_refused(stack: ZoneStack, written: bool) -> None:
    stack.die(late("stall", ["192.0.2.7"]), written=written)
    assert stack.refused(late("stall")) == ""
    assert stack.run(late("stall", ["192.0.2.7"]))
    assert not stack.run(late("stall", ["192.0.2.7"]))


def test_a_pool_that_is_to_be_staged(stack: ZoneStack) -> None:
    text = SOA + FRAME + THEIRS.replace("mail", "www")
    refused = stack.refused({**pool("192.0.2.1"), "text": text, "staged": ["www", "mail"]})
    assert "staged names 'mail', which a pool publishes" in refused
    assert stack.refused({**pool("192.0.2.1"), "text": text, "staged": ["?*"]}) == ""


def test_a_secret_value_that_turns_out_to_be_live_already_is_no_zone_that_moved(stack: ZoneStack) -> None:
    secret = {"text": "", "manage": ["created"], "late_secret": ["t TXT"]}
    stack.die({**secret, "late": {"t TXT 60": ["s3cret"]}}, written=True)
    stack.begin()
    stack.plan({**secret, "late": {"t TXT 60": UNKNOWN}})
    assert stack.refused({**secret, "late": {"t TXT 60": ["s3cret"]}}) == ""

"""A pattern that does nothing, or less than it looks like, is told at every preview."""

from pathlib import Path

import pytest

from tests.dns.stack import FRAME, ZoneStack

TOLD = {
    "wwww": "protect 'wwww' names no record of the zone, and does nothing",
    "* A": "protect '* A' names no record of the zone, and does nothing",
    "*": "protect '*' is the wildcard record alone, which is not there; every name is '**', and '* *' says that the "
    "wildcard is meant",
}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    return ZoneStack(tmp_path, monkeypatch)


def test_what_protects_no_record_is_told_and_what_protects_one_is_not(
    stack: ZoneStack, capsys: pytest.CaptureFixture[str]
) -> None:
    patterns = {"protect": ["www", "@ NS", "**", "w?? A", *TOLD], "staged": ["x"]}
    assert stack.refused({"text": FRAME + "www 300 A 192.0.2.1\n", **patterns}) == ""
    told = capsys.readouterr().err
    for line in (*TOLD.values(), "staged 'x' names no record of the zone, and does nothing"):
        assert f"sophia: zone shop.example: {line}\n" in told
    assert told.count("protect '") == len(TOLD)


def test_the_wildcard_is_told_to_be_that_alone_unless_it_says_so(
    stack: ZoneStack, capsys: pytest.CaptureFixture[str]
) -> None:
    zone = FRAME + "* 300 A 192.0.2.1\n"
    stack.refused({"text": zone, "protect": ["*"]})
    assert "protect '*' is the wildcard record alone; every name is '**'" in capsys.readouterr().err
    stack.refused({"text": zone, "protect": ["* *"]})
    assert "protect" not in capsys.readouterr().err

"""Bad input on the real engine: one clear error, no traceback, nothing written."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.zones import RECORDS, master_file, zone_program
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine


def record(**fields: Any) -> list[dict[str, Any]]:
    return [*RECORDS, {"name": "x", "type": "A", "values": ["192.0.2.1"], **fields}]


ANOTHER_OF_ITS_KIND = {
    "a name of another zone",
    "a label of 64 octets",
    "an unknown field",
    "a lone quote",
    "no UTF-8",
    "a name of 256 octets",
    "a CNAME beside other data",
    "a pattern in the wrong order",
    "a limit out of range",
}
"""What takes the same way through the engine as a case beside it. Its own tests refuse it without one."""


def marks(case: str) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.soak,) if case in ANOTHER_OF_ITS_KIND else ()


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a bad address": ({"records": record(values=["192.0.2.300"])}, ["records[5]", "192.0.2.300"]),
    "a CNAME beside other data": (
        {"records": record(name="www")},
        ["www", "CNAME"],
    ),
    "a name of another zone": ({"records": record(name="x.other.example.")}, ["records[5]", "x.other.example"]),
    "a label of 64 octets": ({"records": record(name="a" * 64)}, ["records[5]", "63"]),
    "an unknown field": ({"records": record(tll=60)}, ["records[5]", "tll", "ttl"]),
    "an unknown argument": ({"colour": "red"}, ["'colour' is no argument", "records"]),
    "a pattern in the wrong order": ({"protect": ["MX @"]}, ["protect holds 'MX @'", "write '@ MX'"]),
    "an unknown limit": ({"limits": {"max_delete": 3}}, ["limits.max_delete is no limit", "max_deletes"]),
    "a limit out of range": ({"limits": {"max_delete_share": 3}}, ["limits.max_delete_share is 3", "0 to 1"]),
    "an unknown backend": ({"backend": {"kind": "carrier-pigeon"}}, ["backend.kind", "carrier-pigeon", "file"]),
    "a file that is missing": ({"zone_file": "nowhere.zone"}, ["nowhere.zone", "no such file"]),
}


@pytest.mark.parametrize("case", [pytest.param(case, marks=marks(case)) for case in REFUSED])
def test_what_can_not_be_used_is_one_clear_error(workspace: Workspace, case: str) -> None:
    arguments, words = REFUSED[case]
    zone_program(workspace, **{"records": RECORDS, **arguments})
    assert_refused(workspace, words)


FILES: dict[str, tuple[bytes, list[str]]] = {
    "a lone quote": (b'@ IN TXT "oops\nwww IN A 192.0.2.1\n', ["bad.zone:1", "quote"]),
    "no UTF-8": (b"www IN A 192.0.2.1\ncaf\xe9 IN A 192.0.2.1\n", ["bad.zone:2", "UTF-8"]),
    "a name of 256 octets": (b".".join([b"a" * 61] * 4) + b" IN A 192.0.2.1\n", ["bad.zone:1", "255"]),
    "several at once": (b"a IN A nonsense\nb IN AAAA nonsense\n", ["bad.zone:1", "bad.zone:2"]),
}


@pytest.mark.parametrize("case", [pytest.param(case, marks=marks(case)) for case in FILES])
def test_a_master_file_that_can_not_be_read_is_named_with_its_line(workspace: Workspace, case: str) -> None:
    content, words = FILES[case]
    (workspace.root / "bad.zone").write_bytes(content)
    zone_program(workspace, zone_file="bad.zone")
    assert_refused(workspace, words)


def test_a_file_of_300_megabytes_is_refused_by_its_size(workspace: Workspace) -> None:
    with (workspace.root / "huge.zone").open("wb") as file:
        file.truncate(300 * 2**20)
    zone_program(workspace, zone_file="huge.zone")
    assert_refused(workspace, ["huge.zone", "314572800", "limit"])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("sophia:autonmy", "analysis", ["sophia:autonmy is no setting", "did you mean sophia:autonomy?"]),
        pytest.param(  # values are refused by tests/test_settings.py as well
            "sophia:autonomy",
            "reckless",
            ["sophia:autonomy is 'reckless'; known are analysis, suggest"],
            marks=pytest.mark.soak,
        ),
        pytest.param(
            "sophia:limits",
            "many",
            ["sophia:limits is 'many'; give an object", "pulumi config set"],
            marks=pytest.mark.soak,
        ),
    ],
)
def test_a_wrong_setting_of_the_stack_is_refused_by_name(
    workspace: Workspace, key: str, value: str, words: list[str]
) -> None:
    zone_program(workspace)
    workspace.config(key, value)
    assert_refused(workspace, words)


def test_a_live_zone_that_can_not_be_read_is_left_alone(workspace: Workspace) -> None:
    zone_program(workspace)
    master_file(workspace).parent.mkdir()
    master_file(workspace).write_text("@ IN A 192.0.2.1\nbroken IN A\n")
    refused = workspace.up(check=False)
    assert refused.returncode != 0
    assert "the live zone can't be read" in refused.text
    assert "db.shop.example:2" in refused.text
    assert master_file(workspace).read_text() == "@ IN A 192.0.2.1\nbroken IN A\n"


def assert_refused(workspace: Workspace, words: list[str]) -> None:
    refused = workspace.up(check=False)
    assert refused.returncode != 0
    for word in words:
        assert word in refused.text
    assert "Traceback" not in refused.text
    assert not Path(master_file(workspace)).exists()
    assert workspace.resources("ZoneRecords") == []

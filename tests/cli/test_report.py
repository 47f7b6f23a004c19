from pathlib import Path

import pytest

from tests.cli.conftest import Sophia, Write, spawn
from tests.report.documents import advice, document, said, zone


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (document(), 0),
        (document(zone()), 0),
        (document(zone(advice=advice("block"))), 1),
        (document(zone(), diagnostics=[said("the program failed")]), 1),
    ],
)
def test_what_stops_a_run_or_is_to_be_blocked_exits_with_1(sophia: Sophia, write: Write, text: str, code: int) -> None:
    ran = sophia("report", write("preview.json", text))
    assert (ran.code, ran.err) == (code, "")
    assert ran.out.startswith("<!-- sophia report -->\n")


def test_what_is_no_preview_exits_with_2(sophia: Sophia, write: Write) -> None:
    ran = sophia("report", write("preview.json", "Previewing update (prod)"), "--json")
    assert ran.code == 2
    assert ran.json("error")["error"]["code"] == "no-preview"


def test_json_is_the_report_as_values(sophia: Sophia, write: Write) -> None:
    found = sophia("report", write("preview.json", document(zone())), "--json").json("report")["report"]
    assert (found["stack"], found["standing"], found["items"][0]["title"]) == (
        "dns/prod",
        "caution",
        "zone shop.example",
    )
    assert found["items"][0]["changes"]["exposure"] == "high"


def test_a_preview_from_standard_input_goes_into_a_file(tmp_path: Path) -> None:
    ran = spawn("report", "-", "--out", str(tmp_path / "comment.md"), stdin=document(zone()).encode())
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert "mail 300 A 192.0.2.77" in (tmp_path / "comment.md").read_text()

"""What a plan says of records that no diff of the engine's shows."""

from pathlib import Path

import pytest

from sophia_infra.dns.lifecycle import plan
from sophia_infra.reporter import STDERR, Reporter
from tests.dns.stack import FRAME, ZoneStack

ZONE = FRAME + "mail 3600 A 192.0.2.7\nwww 3600 A 192.0.2.8\n"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ZoneStack:
    STDERR.forget()
    return ZoneStack(tmp_path, monkeypatch)


def asked(stack: ZoneStack, text: str) -> dict[str, object]:
    return {"domain": "shop.example", "text": text, "backend": stack.settings}


def test_a_first_run_names_each_record_and_no_later_one_does(stack: ZoneStack) -> None:
    assert stack.plan(asked(stack, ZONE))["changes"]["details"] == [f"+ {line}" for line in ZONE.splitlines()]
    stack.run(asked(stack, ZONE))
    assert "details" in stack.state["changes"]
    assert "details" not in stack.outputs["changes"], "an output would carry them along until the next change"
    later = stack.plan(asked(stack, ZONE.replace("192.0.2.8", "192.0.2.9")))
    assert later["changes"]["updates"] == 1
    assert "details" not in later["changes"], "the engine shows how the text changes"


def test_what_a_run_left_is_compared_line_by_line_with_nothing(
    stack: ZoneStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.run(asked(stack, ZONE))
    monkeypatch.setattr(plan, "_lines", lambda _: pytest.fail("whole zones are compared"))
    assert stack.plan(asked(stack, ZONE.replace("192.0.2.8", "192.0.2.9")))["changes"]["updates"] == 1


def test_the_adoption_of_a_live_zone_names_what_goes(stack: ZoneStack) -> None:
    stack.run(asked(stack, ZONE))
    stack.state, stack.outputs = {}, {}
    adopted = stack.plan(asked(stack, ZONE.replace("192.0.2.8", "192.0.2.9")))
    assert adopted["changes"]["details"] == ["- www 3600 A 192.0.2.8", "+ www 3600 A 192.0.2.9"]


def test_more_than_fifty_records_are_counted(stack: ZoneStack) -> None:
    many = "".join(f"app{n} 3600 A 192.0.2.{n}\n" for n in range(60))
    details = stack.plan(asked(stack, FRAME + many))["changes"]["details"]
    assert (len(details), details[-1]) == (51, "and 12 more")


def test_a_secret_value_is_in_none_of_them(stack: ZoneStack, capsys: pytest.CaptureFixture[str]) -> None:
    secret = {"late": {"t TXT 300": ["s3cret"]}, "late_secret": ["t TXT"]}
    assert "s3cret" not in str(stack.plan(asked(stack, ZONE) | secret)["changes"])
    stack.run(asked(stack, ZONE) | secret)
    stack.file.write_text(stack.file.read_text().replace("s3cret", "s4cret"))
    stack.plan(asked(stack, ZONE))
    told = capsys.readouterr().err
    assert "3cret" not in told
    assert "4cret" not in told


def test_drift_is_told_in_one_line(stack: ZoneStack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.run(asked(stack, ZONE))
    stack.file.write_text(stack.file.read_text().replace("192.0.2.8", "192.0.2.66"))
    stack.plan(asked(stack, ZONE))
    does = "the apply does - www 3600 A 192.0.2.66, + www 3600 A 192.0.2.8\n"
    assert f"zone shop.example: the live zone is not what this stack left there; {does}" in capsys.readouterr().err


def test_what_is_told_of_a_zone_goes_to_the_reporter_of_its_provider(
    stack: ZoneStack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.provider.reporter = Reporter("kept")
    stack.run(asked(stack, ZONE))
    stack.delete()
    told = capsys.readouterr().err.splitlines()
    kept = [line for line in told if line.startswith("kept: zone shop.example: ")]
    assert ["3 to create" in kept[0], "record sets are gone from" in kept[-1]] == [True, True]
    assert ["what was live is in" in line for line in told if not line.startswith("kept: ")] == [True], "its backend's"

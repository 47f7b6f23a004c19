import hashlib

import pytest

from sophia_infra.advice.model import Verdict
from sophia_infra.changes import Changes, Exposure, Violation
from sophia_infra.dns.live.compare import verdict_on
from tests.cli.conftest import CLEAN, Ran, Sophia, Write, spawn

ORIGIN = ("--origin", "shop.example")
MANY = CLEAN + "".join(f"host{number} A 192.0.2.{number % 250}\n" for number in range(60))


@pytest.fixture
def diff(sophia: Sophia, write: Write) -> Sophia:
    def run(old: str, new: str, *options: str) -> Ran:
        return sophia("zone", "diff", write("old.zone", old), write("new.zone", new), *ORIGIN, *options)

    return run


def test_no_changes_are_within_the_limits(diff: Sophia) -> None:
    ran = diff(CLEAN, CLEAN)
    assert (ran.code, ran.out, ran.err) == (0, "no changes\n", "")
    found = diff(CLEAN, CLEAN, "--json").json("zone-diff")
    assert found["verdict"] == "approve"
    assert found["violations"] == []
    assert found["changes"]["exposure"] == "none"
    assert found["changes"]["before"] == found["changes"]["after"] == 8


def test_a_plan_shows_each_record_set_and_the_sum(diff: Sophia) -> None:
    new = CLEAN.replace("mail A 192.0.2.25", "mail A 192.0.2.26\napi A 192.0.2.7")
    ran = diff(CLEAN.replace("www", "old A 192.0.2.3\nwww"), new)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:5] == [
        "+ api 3600 A 192.0.2.7",
        "~ mail A",
        "  - 3600 192.0.2.25",
        "  + 3600 192.0.2.26",
        "- old 3600 A 192.0.2.3",
    ]
    assert lines[5] == "1 to create, 1 to update, 1 to delete; 9 -> 9 record sets"
    assert lines[6].startswith("exposure: ")
    assert lines[-1] == "verdict: caution"


def test_a_name_that_changes_its_type_is_one_changed_thing(diff: Sophia) -> None:
    old = CLEAN + "api A 192.0.2.7\napi AAAA 2001:db8::7\nimg CNAME www\n"
    new = CLEAN + "api CNAME api.cdn.example.\nimg A 192.0.2.8\nimg AAAA 2001:db8::8\n"
    lines = diff(old, new).out.splitlines()
    assert lines[:8] == [
        "~ api A, AAAA becomes CNAME",
        "  - 3600 A 192.0.2.7",
        "  - 3600 AAAA 2001:db8::7",
        "  + 3600 CNAME api.cdn.example.",
        "+ img 3600 AAAA 2001:db8::8",
        "~ img CNAME becomes A",
        "  - 3600 CNAME www.shop.example.",
        "  + 3600 A 192.0.2.8",
    ]
    assert lines[8] == "1 to create, 3 to update, 0 to delete; 11 -> 11 record sets"


def test_what_breaks_a_domain_is_beyond_the_limits_and_names_the_way_out(diff: Sophia) -> None:
    new = CLEAN.replace("@ MX 10 mail\n", "")
    ran = diff(CLEAN, new)
    assert ran.code == 1
    assert "exposure: critical" in ran.out
    assert "verdict: block" in ran.out
    assert "max_exposure is high\nif it is meant: --allow '@ MX'\n" in ran.out
    found = diff(CLEAN, new, "--json").json("zone-diff")
    assert found["violations"][0]["message"].endswith("max_exposure is high; if it is meant: --allow '@ MX'")
    assert found["verdict"] == "block"
    assert [one["limit"] for one in found["violations"]] == ["max_exposure"]
    assert found["changes"]["reasons"][0].startswith("critical @ MX delete")


def test_a_subject_that_was_allowed_passes_with_caution(diff: Sophia) -> None:
    ran = diff(CLEAN, CLEAN.replace("@ MX 10 mail\n", ""), "--allow", "@ MX", "--json")
    assert ran.code == 0
    assert ran.json("zone-diff")["verdict"] == "caution"


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        (("--max-deletes", "5"), "max_deletes"),
        (("--max-delete-share", "0.1", "--floor", "0"), "max_delete_share"),
        (("--max-source-shrink", "0.05", "--floor", "3"), "max_source_shrink"),
        (("--max-exposure", "none"), "max_exposure"),
    ],
)
def test_each_limit_on_deletes_is_an_option(diff: Sophia, options: tuple[str, ...], limit: str) -> None:
    fewer = "".join(line for line in MANY.splitlines(True) if not line.startswith("host1"))
    assert diff(MANY, fewer, "--json").code == 0
    ran = diff(MANY, fewer, *options, "--json")
    assert ran.code == 1
    assert limit in {one["limit"] for one in ran.json("zone-diff")["violations"]}


@pytest.mark.parametrize(
    ("options", "limit"),
    [(("--max-updates", "5"), "max_updates"), (("--max-update-share", "0.1"), "max_update_share")],
)
def test_each_limit_on_updates_is_an_option(diff: Sophia, options: tuple[str, ...], limit: str) -> None:
    moved = MANY.replace("A 192.0.2.1", "A 198.51.100.1")
    ran = diff(MANY, moved, *options, "--json")
    assert ran.code == 1
    assert limit in {one["limit"] for one in ran.json("zone-diff")["violations"]}


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--max-deletes", "-1", "'-1' is not a whole number of 0 or more"),
        ("--max-deletes", "many", "'many' is not a whole number"),
        ("--max-delete-share", "25", "'25' is not a share from 0 to 1"),
        ("--max-update-share", "nan", "'nan' is not a share from 0 to 1"),
        ("--max-exposure", "huge", "'huge' is not one of none, low, medium, high, critical"),
    ],
)
def test_a_limit_that_is_none_is_refused_with_what_is_allowed(
    diff: Sophia, option: str, value: str, message: str
) -> None:
    ran = diff(CLEAN, CLEAN, f"{option}={value}")
    assert ran.code == 2
    assert message in ran.err


def test_a_long_plan_is_bounded_unless_all_is_asked_for(diff: Sophia) -> None:
    ran = diff(CLEAN, MANY)
    assert "and 20 more record sets; --all shows them" in ran.out
    assert ran.out.count("\n+ host") == 39
    everything = diff(CLEAN, MANY, "--all")
    assert ("\n" + everything.out).count("\n+ host") == 60
    assert "more record sets" not in everything.out


def test_one_large_record_set_does_not_flood_the_screen(diff: Sophia) -> None:
    large = "".join(f"pool A 192.0.2.{number}\n" for number in range(200))
    ran = diff(CLEAN, CLEAN + large)
    assert len(ran.out.splitlines()) < 60
    assert "+ pool 3600 A 192.0.2.0" in ran.out
    assert "more records" in ran.out


@pytest.mark.parametrize("bad", ["www A 192.0.2.9\n", "api A 192.0.2.999\n", '@ TXT "open\n'])
@pytest.mark.parametrize("side", ["old", "new"])
def test_a_zone_that_a_server_refuses_is_unreadable(diff: Sophia, bad: str, side: str) -> None:
    zones = (CLEAN + bad, CLEAN) if side == "old" else (CLEAN, CLEAN + bad)
    ran = diff(*zones, "--json")
    assert ran.code == 2
    assert f"{side}.zone:" in ran.json("error")["error"]["message"]
    assert f"{side}.zone:12" in ran.err


def test_one_side_may_come_from_standard_input_but_not_both(write: Write) -> None:
    new = write("new.zone", CLEAN)
    assert spawn("zone", "diff", "-", new, *ORIGIN, stdin=CLEAN.encode()).code == 0
    ran = spawn("zone", "diff", "-", "-", *ORIGIN, stdin=CLEAN.encode())
    assert ran.code == 2
    assert "only one of OLD and NEW" in ran.err


def test_the_base_is_the_hash_of_the_old_zone_s_canonical_text(diff: Sophia) -> None:
    base = diff("@ 60 A 192.0.2.1\n", "", "--json").json("zone-diff")["changes"]["base"]
    assert base == hashlib.sha256(b"@ 60 A 192.0.2.1\n").hexdigest()


@pytest.mark.parametrize(
    ("exposure", "expected"), [(Exposure.MEDIUM, Verdict.APPROVE), (Exposure.HIGH, Verdict.CAUTION)]
)
def test_the_verdict_weighs_exposure_within_the_limits(exposure: Exposure, expected: Verdict) -> None:
    assert verdict_on(Changes(exposure=exposure), ()) is expected
    assert verdict_on(Changes(exposure=exposure), (Violation("max_deletes", "9", "5", "", ""),)) is Verdict.BLOCK

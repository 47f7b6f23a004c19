from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sophia_infra.changes.overrides import LONGEST, LONGEST_WHY, OverrideError, read
from tests.support.refusals import refused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = {"names": ["@ MX"], "until": "2026-12-01", "why": "mail moves to the parent domain"}


def one(**fields: Any) -> Any:
    (found,) = read([{**GOOD, **fields}], "overrides", NOW)
    return found


def test_a_day_lasts_to_its_end_in_utc_and_a_time_is_taken_as_it_is() -> None:
    assert one().until == datetime(2026, 12, 2, tzinfo=UTC)
    assert one(until="2026-12-01T08:00:00+02:00").until == datetime(2026, 12, 1, 6, tzinfo=UTC)
    assert one(until="2026-12-01T06:00:00Z").until == datetime(2026, 12, 1, 6, tzinfo=UTC)


def test_one_that_has_ended_can_be_read() -> None:
    assert one(until="2020-01-01").until < NOW


@pytest.mark.parametrize(
    ("name", "subject", "expected"),
    [
        ("@ MX", "@ MX", True),
        ("@ MX", "@ A", False),
        ("@", "@ A", True),
        ("@", "@ ANY", False),
        ("@ ANY", "@ ANY", False),
        ("www", "www.dev A", False),
        ("?*.dev A", "a.dev A", True),
        ("*", "* A", True),
        ("*", "www A", False),
        ("*.dev", "*.dev A", True),
        ("*.dev", "a.dev A", False),
        ("App-DB", "App-DB secret", True),
    ],
)
def test_it_accepts_what_it_names_and_never_the_zone_as_a_whole(name: str, subject: str, expected: bool) -> None:
    assert one(names=[name]).accepts(subject) is expected


@pytest.mark.parametrize("name", ["**", "?*", "*?", "*.*", "?*.?*", "[a-z]*", "ns?", "w*", "** MX", ".", "*."])
def test_a_pattern_that_may_name_everything_is_refused(name: str) -> None:
    told = "it may name everything; write out one label"
    with refused(OverrideError, field="overrides[0].names[1]", value=name, says=told):
        one(names=["www", name])


@pytest.mark.parametrize(
    ("fields", "where", "message"),
    [
        ({"names": []}, ".names", r"overrides\[0\].names is \[\]; give a list of names or sets"),
        ({"names": "www"}, ".names", ""),
        ({"names": [3]}, ".names[0]", r"overrides\[0\].names\[0\] is 3; give names"),
        ({"names": [" "]}, ".names[0]", ""),
        ({"until": "soon"}, ".until", r"overrides\[0\].until is 'soon'; give a day or a time with an offset"),
        ({"until": "2026-12-01T06:00:00"}, ".until", ""),
        ({"until": "2026-13-01"}, ".until", ""),
        ({"until": "9999-12-31"}, ".until", ""),
        ({"until": None}, ".until", ""),
        ({"until": "2027-03-01"}, ".until", "that is more than 90 days ahead; 2027-02-20 is the last day"),
        ({"why": ""}, ".why", r"overrides\[0\].why is ''; say why"),
        ({"why": None}, ".why", ""),
        ({"zone": "shop.example"}, "", "give exactly names, until, why"),
    ],
)
def test_one_that_says_too_little_or_lasts_too_long_is_refused(
    fields: dict[str, Any], where: str, message: str
) -> None:
    with refused(OverrideError, field=f"overrides[0]{where}", says=message):
        one(**fields)


def test_a_reason_is_not_longer_than_what_people_read() -> None:
    told = "why has 501 characters; 500 are allowed"
    with refused(OverrideError, field="overrides[0].why", value=501, limit=LONGEST_WHY, says=told):
        one(why="x" * 501)


@pytest.mark.parametrize("given", ["www", 3, {"names": ["www"]}])
def test_what_is_no_list_is_refused(given: Any) -> None:
    with refused(OverrideError, field="overrides", says="give a list of overrides"):
        read(given, "overrides", NOW)


@pytest.mark.parametrize("missing", GOOD)
def test_every_field_is_needed(missing: str) -> None:
    with refused(OverrideError, field="overrides[0]"):
        read([{name: value for name, value in GOOD.items() if name != missing}], "overrides", NOW)


def test_the_last_day_that_is_offered_is_allowed() -> None:
    with refused(OverrideError, field="overrides[0].until") as caught:
        one(until=f"{NOW + LONGEST:%Y-%m-%d}")
    last = str(caught.value).split("; ")[2].split(" ")[0]
    assert one(until=last).until > NOW + LONGEST - timedelta(days=1)


def test_those_of_a_stack_say_which_zone_they_are_for() -> None:
    (found,) = read([{**GOOD, "zone": "Shop.Example."}], "sophia:overrides", NOW, of_stack=True)
    assert found.zone == "shop.example"
    with refused(OverrideError, field="sophia:overrides[0]", says="give exactly names, until, why, zone"):
        read([GOOD], "sophia:overrides", NOW, of_stack=True)

from dataclasses import replace

import pytest

from sophia_infra.changes import PROTECTED, Changes, Exposure, Limits
from sophia_infra.settings import limits_from

MX = "critical @ MX delete: mail for the domain has nowhere to go"


def limits_broken(changes: Changes, limits: Limits = Limits()) -> list[str]:  # noqa: B008  # frozen, and never changed
    return [violation.limit for violation in limits.judge(changes)]


def test_thirty_deletes_of_a_hundred_are_too_many() -> None:
    assert limits_broken(Changes(deletes=30, before=100, after=70)) == ["max_delete_share"]


def test_an_absolute_cap_holds_however_large_the_zone_is() -> None:
    assert limits_broken(Changes(deletes=101, before=1_000_000)) == ["max_deletes"]


def test_the_floor_lets_a_small_zone_work() -> None:
    assert limits_broken(Changes(deletes=10, before=11)) == []
    assert limits_broken(Changes(deletes=11, before=11)) == ["max_delete_share"]


def test_ttl_only_updates_do_not_count_as_rewrites() -> None:
    assert limits_broken(Changes(updates=100, ttl_only=100, before=100)) == []
    assert limits_broken(Changes(updates=100, ttl_only=10, before=100)) == ["max_update_share"]


def test_a_source_that_shrank_is_named_apart_from_what_would_be_deleted() -> None:
    assert limits_broken(Changes(source=(100, 60))) == ["max_source_shrink"]


def test_an_allowed_subject_passes_and_nothing_else_does() -> None:
    two = Changes(exposure=Exposure.CRITICAL, reasons=(MX, MX.replace("@ MX", "www A")))
    assert len(Limits().judge(two)) == 2
    (left,) = Limits(allow=("@ MX",)).judge(two)
    assert "www A" in left.what


def test_reasons_too_many_to_be_checked_fail_closed() -> None:
    many = Changes(exposure=Exposure.CRITICAL, reasons=(*[MX] * 20, "and 3 more"))
    assert limits_broken(many, Limits(allow=("@ MX",))) == ["max_exposure"]
    tame = Changes(exposure=Exposure.CRITICAL, reasons=(MX, *["low a A create: x"] * 19, "and 3 more"))
    assert limits_broken(tame, Limits(allow=("@ MX",))) == []


@pytest.mark.parametrize("reasons", [(), ("low a A create: x",), ("dire @ MX delete: x",)])
def test_an_exposure_that_no_reason_explains_fails_closed(reasons: tuple[str, ...]) -> None:
    (violation,) = Limits(allow=("@",)).judge(Changes(exposure=Exposure.CRITICAL, reasons=reasons))
    assert (violation.limit, violation.value) == ("max_exposure", "unknown")


def test_a_violation_says_the_number_the_limit_and_the_way_out() -> None:
    (violation,) = Limits(max_deletes=1).judge(Changes(deletes=2, before=100), "record sets")
    assert str(violation) == "2 record sets deleted; max_deletes is 1"
    assert violation.accept == "max_deletes=2"


def test_a_violation_says_what_is_counted() -> None:
    changes = Changes(deletes=40, updates=60, before=100, source=(100, 50))
    found = Limits(max_deletes=1, max_updates=1).judge(changes, "certificates")
    assert len(found) == 5
    assert all("certificates" in violation.what for violation in found)


def test_a_subject_that_an_override_accepts_passes_and_nothing_else_does() -> None:
    reasons = (MX, MX.replace("@ MX", "www A"))
    (left,) = Limits().judge(Changes(exposure=Exposure.CRITICAL, reasons=reasons, accepted=("@ MX",)))
    assert str(left).endswith("; max_exposure is high")
    assert left.accept == "www A"


def test_a_zone_as_a_whole_is_never_allowed_by_a_pattern() -> None:
    emptied = Changes(exposure=Exposure.CRITICAL, reasons=("critical @ ANY delete: the zone is emptied",))
    for pattern in ("@", "@ ANY", "@ *"):
        assert limits_broken(emptied, Limits(allow=(pattern,))) == ["max_exposure"]
    (violation,) = Limits().judge(emptied)
    assert violation.accept == "@ ANY"


def test_what_is_protected_passes_under_no_ceiling_but_by_its_name() -> None:
    protected = Changes(exposure=Exposure.CRITICAL, reasons=(f"critical vip A delete: {PROTECTED}", MX))
    anything = Limits(max_exposure=Exposure.CRITICAL)
    assert [violation.accept for violation in anything.judge(protected)] == ["vip A"]
    assert anything.judge(replace(protected, accepted=("vip A",))) == ()
    hidden = replace(protected, reasons=(*protected.reasons[:1] * 20, "and 3 more"))
    assert "unknown" in {violation.value for violation in anything.judge(hidden)}


@pytest.mark.parametrize(
    "changes",
    [
        Changes(deletes=250, updates=700, before=1001, source=(1001, 334)),
        Changes(exposure=Exposure.CRITICAL, reasons=("critical a A delete: x", "and 3 more")),
    ],
)
def test_what_a_violation_asks_for_is_enough(changes: Changes) -> None:
    words = {violation.accept for violation in Limits(max_deletes=1, max_updates=1).judge(changes)}
    limits = dict(word.split("=") for word in words if "=" in word)
    read = limits_from({name: limits[name] if name == "max_exposure" else float(limits[name]) for name in limits}, "")
    assert read.judge(changes) == ()


def test_every_limit_lets_its_own_number_through() -> None:
    assert limits_broken(Changes(deletes=100, before=1_000_000)) == []
    assert limits_broken(Changes(updates=3, before=100), Limits(max_updates=3)) == []
    assert limits_broken(Changes(updates=4, before=100), Limits(max_updates=3)) == ["max_updates"]
    assert limits_broken(Changes(deletes=25, updates=50, before=100)) == []
    assert limits_broken(Changes(source=(12, 2))) == []
    assert limits_broken(Changes(source=(12, 1))) == ["max_source_shrink"]
    assert limits_broken(Changes(source=(100, 75))) == []


def test_of_more_that_are_protected_than_are_listed_no_setting_lets_the_rest_go() -> None:
    listed = tuple(f"critical k{number} A delete: {PROTECTED}" for number in range(20))
    names = tuple(f"k{number} A" for number in range(20))
    changes = Changes(exposure=Exposure.CRITICAL, reasons=(*listed, "and 5 more"), accepted=names)
    for ceiling in (Exposure.HIGH, Exposure.CRITICAL):
        (left,) = Limits(max_exposure=ceiling).judge(changes)
        assert (left.value, left.accept) == ("unknown", "")

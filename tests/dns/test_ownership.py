"""Which records of a shared zone are this stack's; the texts are small on purpose."""

from collections.abc import Collection

import pytest

from sophia_infra.dns.ownership import Ownership, OwnershipError, Target
from sophia_infra.dns.rr.record import Record
from tests.support.refusals import refused

FRAME = "@ 3600 SOA ns1.example. h.example. 7 1 1 1 1\n@ 3600 NS ns1.example.\n"
SHOP, MAIL = "shop 300 A 192.0.2.1\n", "@ 3600 MX 10 mail.example.\n"
ACME = '_acme-challenge 60 TXT "token"\n'


def aim(
    live: str,
    desired: str,
    *,
    manage: Collection[str] = ("all",),
    ignore: Collection[str] = (),
    before: Collection[str] = (),
) -> Target:
    return Ownership.from_inputs(tuple(manage), tuple(ignore)).split(live, lambda: before).merge(desired)


def test_without_a_word_the_whole_zone_is_managed() -> None:
    assert aim(FRAME + SHOP, FRAME) == Target(FRAME + SHOP, FRAME, FRAME)


def test_what_patterns_do_not_name_stays_the_frame_included() -> None:
    target = aim(FRAME + MAIL + SHOP, "shop 300 A 192.0.2.2\n", manage=["shop", "*.shop"])
    assert target.own == SHOP
    assert (
        target.whole
        == "@ 3600 SOA ns1.example. h.example. 7 1 1 1 1\n" + MAIL + "@ 3600 NS ns1.example.\nshop 300 A 192.0.2.2\n"
    )


def test_patterns_never_take_the_frame() -> None:
    assert aim(FRAME + MAIL, "", manage=["@"]).own == MAIL


def test_what_is_asked_for_outside_of_the_patterns_is_refused() -> None:
    told = "@ MX is asked for, but this stack manages only shop; add it to `manage`"
    with refused(OwnershipError, "not-managed", field="manage", subject="@ MX", says=told):
        aim(FRAME, MAIL, manage=["shop"])


def test_what_this_stack_wrote_is_its_own_and_goes_when_no_longer_asked_for() -> None:
    target = aim(FRAME + MAIL + SHOP, "", manage=["created"], before=["shop A"])
    assert (target.own, target.desired) == (SHOP, "")
    assert "shop" not in target.whole
    assert MAIL in target.whole


def test_a_set_that_somebody_else_wrote_is_not_overwritten() -> None:
    told = "shop A is live already and not this stack's"
    with refused(OwnershipError, "already-live", field="manage", subject="shop A", says=told):
        aim(FRAME + SHOP, "shop 300 A 192.0.2.2\n", manage=["created"])


def test_a_set_that_is_live_as_asked_for_is_taken_over_so_that_a_killed_run_can_be_run_again() -> None:
    assert aim(FRAME + SHOP, SHOP, manage=["created"]).own == SHOP


def test_what_is_ignored_stays_by_name_type_and_value() -> None:
    ignored = ACME + '@ 3600 TXT "heritage=external-dns,owner=x"\n'
    mine = '@ 3600 TXT "v=spf1 -all"\n'
    target = aim(FRAME + ignored + mine, FRAME, ignore=["_acme-challenge* TXT", '** TXT "heritage=*'])
    assert target.own == FRAME + mine
    assert ACME in target.whole
    assert "heritage" in target.whole
    assert "spf1" not in target.whole


def test_what_is_ignored_and_asked_for_is_refused() -> None:
    told = "`ignore` leaves it to others"
    with refused(OwnershipError, "ignored", field="ignore", subject="_acme-challenge TXT", says=told):
        aim(FRAME, FRAME + ACME, ignore=["_acme-challenge TXT"])


def test_no_refusal_quotes_a_value_that_may_be_secret() -> None:
    for manage, ignore, live in ((["all"], ["** TXT"], FRAME), (["created"], [], FRAME + ACME), (["x"], [], FRAME)):
        with pytest.raises(OwnershipError) as caught:
            aim(live, '_acme-challenge 60 TXT "s3cret"\n', manage=manage, ignore=ignore)
        assert "s3cret" not in f"{caught.value} {vars(caught.value)}"


def test_a_shared_set_keeps_the_ttl_of_the_records_that_are_foreign() -> None:
    target = aim(FRAME + '@ 60 TXT "theirs"\n', FRAME + '@ 3600 TXT "mine"\n', ignore=['@ TXT "theirs"'])
    assert '@ 60 TXT "mine"\n@ 60 TXT "theirs"\n' in target.whole


def test_there_must_be_a_zone_to_share() -> None:
    with refused(OwnershipError, "no-zone", field="manage", says="make it with manage=\\['all'\\] first"):
        aim("", SHOP, manage=["shop"])


@pytest.mark.parametrize(
    ("manage", "ignore", "field"),
    [
        ("all", (), "manage"),
        ([], (), "manage"),
        (["all", "shop"], (), "manage"),
        (["shop", ""], (), "manage"),
        ([7], (), "manage"),
        (["all"], "www", "ignore"),
        (7, (), "manage"),
    ],
)
def test_what_is_no_list_of_patterns_is_refused(manage: object, ignore: object, field: str) -> None:
    with refused(OwnershipError, field=field, says="give "):
        Ownership.from_inputs(manage, ignore)


def test_what_is_known_to_be_refused_once_its_value_is_known_is_refused_while_it_is_not() -> None:
    part = Ownership.from_inputs(["created"], None).split(FRAME + SHOP + ACME, lambda: ["_acme-challenge TXT"])
    part.refuse_pending(["_acme-challenge TXT", "new A"])
    with refused(OwnershipError, "already-live", subject="shop A"):
        part.refuse_pending(["shop A"])
    with refused(OwnershipError, "not-managed", subject="mail A"):
        Ownership.from_inputs(["shop"], None).split(FRAME + SHOP, tuple).refuse_pending(["shop A", "mail A"])


def test_a_value_that_is_ignored_takes_no_set_away_from_a_stack_that_created_it() -> None:
    live = FRAME + 't 60 TXT "mine"\nt 60 TXT "theirs"\n'
    target = aim(live, 't 60 TXT "new"\n', manage=["created"], ignore=['t TXT "theirs"'], before=["t TXT"])
    assert target.own == 't 60 TXT "mine"\n'
    assert 't 60 TXT "new"\nt 60 TXT "theirs"\n' in target.whole


def test_patterns_tell_what_may_be_asked_for() -> None:
    record = Record("shop", 60, "A", "192.0.2.1")
    assert Ownership.from_inputs(["created"], None).admits(record)
    assert Ownership.from_inputs(["shop"], None).admits(record)
    assert not Ownership.from_inputs(["mail"], None).admits(record)
    assert not Ownership.from_inputs(None, ["shop"]).admits(record)

"""What a count lets through: each is under 30 % of its zone, and each must be stopped by the default limits.

On 2026-04-13 one record that its source had failed to return was deleted, and 17.5 million requests failed.
"""

import pytest

from sophia_infra.changes import Changes, Limits
from tests.dns.exposure.shop import FRAME, change

HUNDRED = {f"host{number:02} 300 A 198.51.100.{number}" for number in range(100 - len({*FRAME}) + 1)}
THOUSAND = {f"pool 300 A 198.51.{number // 250}.{number % 250}" for number in range(1000)}


def stopped(changes: Changes) -> list[str]:
    return [violation.limit for violation in Limits().judge(changes)]


@pytest.mark.parametrize("wildcard", [True, False])
def test_an_apex_mx_delete_is_stopped(wildcard: bool) -> None:
    lost = change({"@ 3600 MX 10 mail.shop.example."}, base=HUNDRED, wildcard=wildcard)
    assert (lost.deletes, stopped(lost)) == (1, ["max_exposure"])


def test_thirty_deletes_of_a_hundred_are_stopped() -> None:
    lost = change(sorted(HUNDRED)[:30], base=HUNDRED)
    assert (lost.deletes, lost.before) == (30, 100)
    assert stopped(lost) == ["max_delete_share", "max_source_shrink"]


@pytest.mark.parametrize("wildcard", [True, False])
def test_a_set_of_a_thousand_addresses_deleted_is_stopped(wildcard: bool) -> None:
    lost = change(THOUSAND, base=HUNDRED | THOUSAND, wildcard=wildcard)
    assert (lost.deletes, stopped(lost)) == (1, ["max_exposure"])


def test_a_set_of_a_thousand_addresses_deleted_is_stopped_though_another_family_stays() -> None:
    lost = change(THOUSAND, base=HUNDRED | THOUSAND | {"pool 300 AAAA 2001:db8::1"})
    assert stopped(lost) == ["max_exposure"]


def test_one_record_that_its_source_failed_to_return_is_stopped_where_a_certificate_needs_it() -> None:
    api = {"api 300 A 192.0.2.1"}
    relied_on = [("api.shop.example", "the certificate api")]
    assert stopped(change(api, base=HUNDRED | api, wildcard=False, relied_on=relied_on)) == ["max_exposure"]


def test_one_record_that_its_source_failed_to_return_is_stopped_where_it_is_protected() -> None:
    api = {"api 300 A 192.0.2.1"}
    assert stopped(change(api, base=HUNDRED | api, protect=["api"])) == ["max_exposure"]

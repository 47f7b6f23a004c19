"""A CA that is busy is asked again, within bounds; one that has had enough is left alone for as long as it says."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle
from typing import Any

import pytest
from acme.messages import Order

from sophia_infra.tls.challenges.webroot import Webroot
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme import connection
from sophia_infra.tls.issuers.acme.session import Session
from tests.support import busy
from tests.support.busy import INTERNAL, LIMITS, OVERLOADED, Fault, Proxy, limited
from tests.support.pebble import Pebble
from tests.support.refusals import refused
from tests.tls.acme.conftest import Make
from tests.tls.orders import order

NAMES = ("shop.example", "www.shop.example")
PATHS = ("/dir", "/nonce-plz", "/sign-me-up", "/order-plz", "/authZ/", "/chalZ/", "/finalize-order/", "/certZ/")


@pytest.fixture
def proxy(pebble: Pebble, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(connection, "PAUSE", 0.01)
    with busy.before(pebble) as proxy:
        yield proxy


def times(proxy: Proxy, path: str) -> int:
    return len([asked for asked in proxy.asked if asked.startswith(path)])


def test_each_question_is_asked_again_while_the_ca_is_busy(make: Make, proxy: Proxy, pebble: Pebble) -> None:
    before, orders = pebble.issued, pebble.orders
    kinds: list[dict[str, Any]] = [
        {"status": 503, "problem": OVERLOADED, "retry_after": "0"},
        {"status": 500, "problem": INTERNAL},
        {"status": 502},
    ]
    proxy.faults += [Fault(path, **kind) for path, kind in zip(PATHS, cycle(kinds), strict=False)]
    issued = make(directory=proxy.directory).issue(order(domains=NAMES))
    assert issued.facts is not None
    assert proxy.faults == []
    assert (pebble.issued, pebble.orders) == (before + 1, orders + 1)


@pytest.mark.parametrize(("fault", "asked"), [(Fault("/order-plz", 500, INTERNAL), 4), (Fault("/order-plz", 502), 4)])
def test_a_ca_that_stays_so_is_told_by_name_and_the_next_run_issues(
    fault: Fault, asked: int, make: Make, proxy: Proxy, pebble: Pebble
) -> None:
    proxy.faults += [fault] * 20
    before, issuer = pebble.issued, make(directory=proxy.directory)
    with pytest.raises(IssuerError) as told:
        issuer.issue(order(domains=NAMES))
    assert (told.value.code, told.value.retry_at) == ("acme-refused" if fault.problem else "acme-answer", None)
    assert times(proxy, "/order-plz") == asked
    proxy.faults.clear()
    assert issuer.issue(order(domains=NAMES)).generation == 1
    assert pebble.issued == before + 1


def test_an_order_under_way_stands_while_the_ca_is_too_busy_to_show_it(
    make: Make, proxy: Proxy, pebble: Pebble
) -> None:
    issuer, asked, before = make(directory=proxy.directory), order(domains=NAMES), pebble.orders
    for path in ("/authZ/", "/my-order/"):
        proxy.faults += [Fault(path, 503)] * 4
        with refused(IssuerError, "acme-answer"):
            issuer.issue(asked)
    assert issuer.issue(asked).generation == 1
    assert (proxy.faults, pebble.orders) == ([], before + 1)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(("header", "days"), [("259200", 3), ("", None)])
def test_a_rate_limit_is_asked_once_and_its_time_is_kept(
    header: str, days: int | None, limit: str, make: Make, proxy: Proxy
) -> None:
    fault = limited(limit, header)
    proxy.faults += [fault] * 4
    begin = datetime.now(UTC)
    with refused(IssuerError, "acme-refused", value="rateLimited", says="too many ") as told:
        make(directory=proxy.directory).issue(order(domains=NAMES))
    assert times(proxy, fault.path) == 1
    until = told.value.retry_at
    assert until is None if days is None else until and until >= begin + timedelta(days=days)


def test_the_time_that_a_ca_asks_for_is_a_week_at_most(make: Make, proxy: Proxy) -> None:
    proxy.faults += [limited(LIMITS[0], "9" * 12)] * 4
    with refused(IssuerError, "acme-refused", value="rateLimited") as told:
        make(directory=proxy.directory).issue(order(domains=NAMES))
    assert told.value.retry_at
    assert told.value.retry_at <= datetime.now(UTC) + timedelta(days=7)


def test_a_ca_that_asks_for_time_by_a_date_means_it_so_in_any_time_zone(
    make: Make, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    date = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    proxy.faults += [limited(LIMITS[0], format_datetime(date, usegmt=True))] * 4
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with refused(IssuerError, "acme-refused", value="rateLimited") as told:
            make(directory=proxy.directory).issue(order(domains=NAMES))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert told.value.retry_at
    assert abs(told.value.retry_at - date) < timedelta(minutes=1)


def test_no_name_is_shown_that_was_not_ordered(make: Make, pebble: Pebble, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Session.look

    def altered(self: Session, url: str, kind: Any, **more: Any) -> Any:
        found = plain(self, url, kind, **more)
        return found if kind is Order else found.update(identifier=found.identifier.update(value="other.example"))

    monkeypatch.setattr(Session, "look", altered)
    monkeypatch.setattr(Webroot, "present", lambda *_: pytest.fail("it was shown"))
    with refused(IssuerError, "acme-answer", says="other.example"):
        make().issue(order(domains=NAMES))


def test_pauses_that_the_ca_asks_for_are_bounded_over_a_whole_session(
    make: Make, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    proxy.faults += [Fault("/order-plz", 503, OVERLOADED, "1")]
    with refused(IssuerError, "acme-refused", value="rateLimited"):
        make(directory=proxy.directory).issue(order(domains=NAMES))
    assert times(proxy, "/order-plz") == 1


def test_a_directory_that_is_busy_is_a_ca_that_is_down_and_no_wrong_setting(make: Make, proxy: Proxy) -> None:
    proxy.faults += [Fault("/dir", 503)]
    with refused(IssuerError, "unreachable", value=503, says="busy or down"):
        make(directory=proxy.directory).preflight(NAMES, order().lifetime)

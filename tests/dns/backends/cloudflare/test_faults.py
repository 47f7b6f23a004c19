"""What goes wrong between here and Cloudflare, and what becomes of the zone then."""

import re
import threading

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.cloudflare import listing, writing
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import CloudflareServer, Fault

CHANGE = replacing("www 300 A 192.0.2.2", "www 300 A 192.0.2.9")
BATCH = "POST .*/batch"


def test_a_list_that_shifts_while_it_is_read_is_read_again(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    (www,) = server.named("www.shop.example")
    gone = Fault(r"\?page=2", deed=lambda one: one.objects.pop(next(iter(one.objects))))
    server.faults.append(gone)
    text = zone.read().text
    assert "www 300 A 192.0.2.2" in text
    assert 'TXT "v=spf1 -all"' in text, "the record that moved to the first page is not lost"
    assert "@ 300 A" not in text
    assert www["id"] in server.objects


def test_a_list_that_never_stands_still_is_an_error(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    names = iter(range(99))

    def grow(one: CloudflareServer) -> None:
        one.add("A", f"new-{next(names)}.shop.example", content="192.0.2.7")

    server.faults += [Fault(r"\?page=2", deed=grow)] * listing.READINGS
    with pytest.raises(BackendError, match="changed each of the 4 times it was listed"):
        zone.read()


@pytest.mark.parametrize("status", [500, 502, 503, 0])
def test_a_read_that_fails_on_the_way_is_tried_again(zone: Cloudflare, server: CloudflareServer, status: int) -> None:
    expected = zone.read()
    server.faults += [Fault("dns_records", status), Fault("dns_settings", status)]
    assert zone.read() == expected


def test_a_server_that_stays_down_is_one_clear_error(
    zone: Cloudflare, server: CloudflareServer, pauses: list[float]
) -> None:
    server.faults += [Fault("dns_records", 503)] * 9
    with pytest.raises(BackendError, match=r"answered GET /zones/\w+/dns_records with status 503; tried 5 times"):
        zone.read()
    waited = [pause for pause in pauses if pause]
    assert len(waited) == 4
    assert waited == sorted(waited), "each pause is longer than the one before it"


def test_a_page_that_is_no_json_is_no_zone(zone: Cloudflare, server: CloudflareServer) -> None:
    server.faults += [Fault("page=", 404, headers={"Content-Length": "3"})] * 9
    with pytest.raises(BackendError, match="no JSON"):
        zone.read()


@pytest.mark.parametrize("call", ["dns_records.page", BATCH])
def test_too_many_requests_are_waited_out_as_the_server_asks(
    zone: Cloudflare, server: CloudflareServer, pauses: list[float], call: str
) -> None:
    _, decide = planned(zone, CHANGE)
    pauses.clear()
    server.faults.append(Fault(call, 429, headers={"retry-after": "42"}))
    assert "www 300 A 192.0.2.9" in zone.apply(decide).text
    assert [pause for pause in pauses if pause] == [42.0]


def test_a_pause_longer_than_anyone_waits_is_an_error_that_says_so(
    zone: Cloudflare, server: CloudflareServer, pauses: list[float]
) -> None:
    server.faults.append(Fault("dns_records", 429, headers={"retry-after": "3600"}))
    with pytest.raises(BackendError, match="asks for 3600 seconds of pause, more than 300"):
        zone.read()
    assert not any(pauses)


@pytest.mark.parametrize("after", [False, True], ids=["before-commit", "after-commit"])
@pytest.mark.parametrize("status", [500, 504, 0])
def test_a_batch_whose_answer_is_lost_is_looked_up_and_carried_on(
    zone: Cloudflare, server: CloudflareServer, status: int, after: bool
) -> None:
    desired, decide = planned(zone, CHANGE)
    server.faults.append(Fault(BATCH, status, after=after))
    assert zone.apply(decide).text == desired
    assert zone.read().text == desired
    assert server.count(BATCH) == (1 if after else 2), "what was carried out is not sent again"


def test_a_batch_whose_answer_is_slow_is_looked_up(opened: Open, server: CloudflareServer) -> None:
    zone = opened(timeout=0.2)
    desired, decide = planned(zone, CHANGE)
    answered = threading.Event()
    server.faults.append(Fault(BATCH, after=True, deed=lambda _: answered.wait(5)))
    assert zone.apply(decide).text == desired
    answered.set()
    assert server.count(BATCH) == 1


def test_a_batch_that_never_gets_an_answer_says_what_was_written(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, CHANGE)
    server.faults += [Fault(BATCH, 500)] * 9
    with pytest.raises(BackendError, match=r"answered POST .*/batch with status 500.*nothing was written"):
        zone.apply(decide)


def test_another_writer_during_a_lost_answer_is_noticed(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, CHANGE)
    intrusion = Fault(BATCH, 500, deed=lambda one: one.add("A", "evil.shop.example", content="192.0.2.66"))
    server.faults.append(intrusion)
    with pytest.raises(BackendError, match="another writer changed evil A meanwhile; nothing was written"):
        zone.apply(decide)
    assert server.named("www.shop.example")[0]["content"] == "192.0.2.2"


def test_another_writer_between_list_and_batch_is_refused_where_it_meets_the_change(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    _, decide = planned(zone, CHANGE)
    server.faults.append(Fault(BATCH, deed=lambda one: one.objects.pop(one.named("www.shop.example")[0]["id"])))
    with pytest.raises(BaseMovedError):
        zone.apply(decide)


def test_another_writer_between_list_and_batch_is_noticed_where_it_adds_elsewhere(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    _, decide = planned(zone, CHANGE)
    server.faults.append(Fault(BATCH, deed=lambda one: one.add("A", "evil.shop.example", content="192.0.2.66")))
    with pytest.raises(BackendError, match="does not hold what was written: evil A"):
        zone.apply(decide)


def test_a_record_that_cloudflare_holds_in_another_form_is_noticed(zone: Cloudflare, server: CloudflareServer) -> None:
    def changed(one: CloudflareServer) -> None:
        one.named("www.shop.example")[0]["content"] = "192.0.2.10"

    server.faults.append(Fault(BATCH, after=True, deed=changed))
    _, decide = planned(zone, CHANGE)
    with pytest.raises(BackendError, match="does not hold what was written: www A"):
        zone.apply(decide)


NOT_ALLOWED = "203.0.113.66"


@pytest.mark.parametrize("bad", [0, 7, 19])
def test_of_a_batch_that_is_refused_the_record_is_named_and_what_was_written(
    zone: Cloudflare, server: CloudflareServer, bad: int
) -> None:
    lines = [f"host-{number:02} 300 A {NOT_ALLOWED if number == bad else '192.0.2.1'}\n" for number in range(20)]
    _, decide = planned(zone, replacing(SPF, SPF + "".join(lines)))
    refused = (
        rf"refused host-{bad:02} A: Content \(its value\) is not allowed \(9003\); (nothing|\d+ changes) (was|were)"
    )
    with pytest.raises(BackendError, match=refused) as caught:
        zone.apply(decide)
    said = re.search(r"(\d+) changes were", str(caught.value))
    written = sum(one["name"].startswith("host-") for one in server.objects.values())
    assert written == (int(said[1]) if said else 0)
    assert written == bad, "all before the refused one, none after it"


SPF = '@ 3600 TXT "v=spf1 -all"\n'


def test_a_batch_that_is_refused_for_one_name_changes_nothing_of_that_name(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    two = f"www 300 AAAA 2001:db8::1\nwww 300 A {NOT_ALLOWED}\n"
    _, decide = planned(zone, replacing("www 300 A 192.0.2.2\n", two))
    before = dict(server.objects)
    with pytest.raises(BackendError, match=r"refused www A, www AAAA: .*nothing was written"):
        zone.apply(decide)
    assert server.objects == before


def test_a_token_that_is_not_allowed_is_told_what_it_needs(zone: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "another-token-that-has-no-rights")
    with pytest.raises(BackendError, match=r"Authentication error \(10000\); the token needs Zone Read and DNS Edit"):
        zone.read()


def test_another_writer_makes_a_large_batch_refused_and_none_of_it_is_written(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    lines = "".join(f"host-{number:02} 300 A 192.0.2.1\n" for number in range(20))
    _, decide = planned(zone, replacing(SPF, SPF + lines), CHANGE)
    server.faults.append(Fault(BATCH, deed=lambda one: one.objects.pop(one.named("www.shop.example")[0]["id"])))
    with pytest.raises(BaseMovedError):
        zone.apply(decide)
    assert not [one for one in server.objects.values() if one["name"].startswith("host-")]


@pytest.mark.parametrize("call", [BATCH, "per_page=1$"])
def test_when_nothing_can_be_read_any_more_the_error_says_what_is_known_to_be_written(
    zone: Cloudflare, server: CloudflareServer, call: str
) -> None:
    _, decide = planned(zone, CHANGE)

    def go_down(one: CloudflareServer) -> None:
        one.faults += [Fault("GET", 503)] * 9

    server.faults.append(Fault(call, 503, after=True, deed=go_down))
    known = (
        "not known whether that was done.*can't be read back" if call == BATCH else "1 changes were written, and can't"
    )
    with pytest.raises(BackendError, match=known):
        zone.apply(decide)


def test_an_answer_to_a_batch_that_makes_no_sense_is_checked_by_reading(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desired, decide = planned(zone, CHANGE)
    original = server._batch
    monkeypatch.setattr(server, "_batch", lambda body: original(body) and {"patches": [7, {"id": 1}], "posts": None})
    assert zone.apply(decide).text == desired == zone.read().text


def test_a_budget_that_ends_between_two_batches_says_what_was_written(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "PAID_BATCH", 1)
    _, decide = planned(zone, CHANGE, replacing(SPF, ""))
    server.faults += [Fault(BATCH), Fault(BATCH, 429, headers={"retry-after": "999"})]
    with pytest.raises(BackendError, match=r"asks for 999 seconds.*; 1 changes were written before it"):
        zone.apply(decide)

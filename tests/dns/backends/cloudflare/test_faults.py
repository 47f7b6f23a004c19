"""What goes wrong between here and Cloudflare, and what becomes of the zone then."""

import threading

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.cloudflare import listing, writer
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_objects import ApiError
from tests.support.cloudflare_server import CloudflareServer, Fault
from tests.support.patience import LONG, only_gives_up_on
from tests.support.refusals import refused

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
    with refused(BackendError, "another-writer", limit=4, says="changed each of the 4 times it was listed"):
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
    says = r"answered GET /zones/\w+/dns_records with status 503; tried 5 times"
    with refused(BackendError, "unanswered", value=503, says=says):
        zone.read()
    waited = [pause for pause in pauses if pause]
    assert len(waited) == 4
    assert waited == sorted(waited), "each pause is longer than the one before it"


def test_a_page_that_is_no_json_is_no_zone(zone: Cloudflare, server: CloudflareServer) -> None:
    server.faults += [Fault("page=", 404, headers={"Content-Length": "3"})] * 9
    with refused(BackendError, "unanswered", value=404, says="and no JSON"):
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
    with refused(BackendError, "throttled", value=3600, limit=300, says="asks for 3600 seconds of pause, more than"):
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


def test_a_batch_whose_answer_is_slow_is_looked_up(
    opened: Open, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    zone, carried_out, answered = opened(timeout=0.2), threading.Event(), threading.Event()

    def dawdle(_: CloudflareServer) -> None:
        carried_out.set()
        answered.wait(LONG)

    only_gives_up_on(monkeypatch, lambda url, _: url.endswith("/batch"), carried_out)
    desired, decide = planned(zone, CHANGE)
    server.faults.append(Fault(BATCH, after=True, deed=dawdle))
    try:
        assert zone.apply(decide).text == desired
    finally:
        answered.set()
    assert server.count(BATCH) == 1


def test_a_batch_that_never_gets_an_answer_says_what_was_written(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, CHANGE)
    server.faults += [Fault(BATCH, 500)] * 9
    says = r"answered POST .*/batch with status 500, and neither to what was tried after it; nothing was written"
    with refused(BackendError, "unanswered", value=0, says=says):
        zone.apply(decide)


def test_another_writer_during_a_lost_answer_is_noticed(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, CHANGE)
    intrusion = Fault(BATCH, 500, deed=lambda one: one.add("A", "evil.shop.example", content="192.0.2.66"))
    server.faults.append(intrusion)
    says = "another writer changed evil A meanwhile; nothing was written"
    with refused(BackendError, "another-writer", subject="evil A", value=0, says=says):
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
    with refused(BackendError, "another-writer", subject="evil A", says="does not hold what was written"):
        zone.apply(decide)


def test_a_record_that_cloudflare_holds_in_another_form_is_noticed(zone: Cloudflare, server: CloudflareServer) -> None:
    def changed(one: CloudflareServer) -> None:
        one.named("www.shop.example")[0]["content"] = "192.0.2.10"

    server.faults.append(Fault(BATCH, after=True, deed=changed))
    _, decide = planned(zone, CHANGE)
    with refused(BackendError, "another-writer", subject="www A"):
        zone.apply(decide)


NOT_ALLOWED = "203.0.113.66"


SPF = '@ 3600 TXT "v=spf1 -all"\n'


def hosts(bad: int, value: str = NOT_ALLOWED) -> str:
    """Twenty new names, one of them with a value that Cloudflare refuses."""
    return "".join(f"host-{number:02} 300 A {value if number == bad else '192.0.2.1'}\n" for number in range(20))


@pytest.mark.parametrize("bad", [0, 7, 19])
def test_of_a_batch_that_is_refused_nothing_is_written_and_the_record_is_named(
    zone: Cloudflare, server: CloudflareServer, bad: int
) -> None:
    _, decide = planned(zone, replacing(SPF, SPF + hosts(bad)))
    before = dict(server.objects)
    says = rf"refused host-{bad:02} A: Content \(its value\) is not allowed \(9003\); nothing was written"
    with refused(BackendError, "refused", subject=f"host-{bad:02} A", value=0, says=says):
        zone.apply(decide)
    assert server.objects == before
    assert server.count(BATCH) == 1, "nothing is tried out on a live zone"


def test_after_a_refusal_no_more_is_sent_and_a_run_with_the_record_mended_goes_on(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAID_BATCH", 5)
    _, decide = planned(zone, replacing(SPF, SPF + hosts(7)))
    says = "; 5 changes were written before it, so run"
    with refused(BackendError, "refused", subject="host-07 A", value=5, says=says):
        zone.apply(decide)
    written = sorted(one["name"][:7] for one in server.objects.values() if one["name"].startswith("host-"))
    assert written == [f"host-{number:02}" for number in range(5)], "the batch before it, and nothing of its own"
    desired, decide = planned(zone, replacing("host-04 300 A 192.0.2.1\n", "".join(hosts(99).splitlines(True)[4:])))
    assert zone.apply(decide).text == desired == zone.read().text
    assert server.count(BATCH) == 2 + 3


def refusing(server: CloudflareServer, monkeypatch: pytest.MonkeyPatch, **told: object) -> None:
    """Refuse every batch in these words."""
    error = ApiError(400, 9005, "")
    error.body["errors"] = [{"code": 9005, **told}]

    def refuse(_: object) -> None:
        raise error

    monkeypatch.setattr(server, "_batch", refuse)


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"message": "It is invalid.", "source": {"pointer": "/posts/7/content"}}, "host-07 A: It is invalid"),
        ({"message": "It is invalid.", "source": {"pointer": "posts[7].content"}}, "host-07 A: It is invalid"),
        ({"message": "It is invalid.", "source": {"pointer": "/patches/0"}}, "www A: It is invalid"),
        ({"message": "host-07.shop.example is taken."}, "host-07 A: host-07.shop.example is taken"),
        ({"message": "192.0.2.1 is no content for host-07.shop.example."}, r"host-07 A: \(its value\) is no content"),
        ({"message": "no", "error_chain": [{"message": "host-07.shop.example is taken"}]}, "host-07 A: no"),
        ({"message": "No.", "source": {"pointer": "/posts/99"}}, "one or more of host-00 A, .* and 16 more: No"),
        ({"message": "No.", "source": {"pointer": 7}}, "one or more of host-00 A, .* and 16 more: No"),
        ({"message": "No.", "source": "posts"}, "one or more of host-00 A, .* and 16 more: No"),
        ({"message": "xhost-07.shop.example.net is taken."}, "one or more of host-00 A, .* and 16 more: xhost"),
    ],
)
def test_a_refusal_names_what_the_api_points_at_or_speaks_of_and_else_the_whole_batch(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch, told: dict[str, object], named: str
) -> None:
    _, decide = planned(zone, replacing(SPF, SPF + hosts(99)), CHANGE)
    refusing(server, monkeypatch, **told)
    with refused(BackendError, "refused", value=0, says=f"Cloudflare refused {named}"):
        zone.apply(decide)


LONG_SECRET = "canary-" * 30


@pytest.mark.parametrize("form", ['"{}"', "{}", "Content {}.", "the first part of {} is"])
def test_a_secret_that_is_longer_than_a_message_is_not_shown_in_part(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    _, decide = planned(zone, replacing(SPF, f'@ 3600 TXT "{LONG_SECRET}"\n'))
    refusing(server, monkeypatch, message=form.format(LONG_SECRET))
    with refused(BackendError, "refused", subject="@ TXT", says=r"\(its value\)") as caught:
        zone.apply(decide)
    assert "canary" not in str(caught.value)


def test_a_target_is_not_shown_without_its_dot_either(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, decide = planned(zone, replacing(SPF, SPF + "app 300 CNAME hidden.else.example.\n"))
    refusing(server, monkeypatch, message="Content hidden.else.example is invalid")
    with refused(BackendError, "refused", subject="app CNAME", says=r": Content \(its value\) is invalid"):
        zone.apply(decide)


def test_a_batch_that_is_refused_for_one_name_changes_nothing_of_that_name(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    two = f"www 300 AAAA 2001:db8::1\nwww 300 A {NOT_ALLOWED}\n"
    _, decide = planned(zone, replacing("www 300 A 192.0.2.2\n", two))
    before = dict(server.objects)
    with refused(BackendError, "refused", subject="www A", value=0):
        zone.apply(decide)
    assert server.objects == before


def test_a_token_that_is_not_allowed_is_told_what_it_needs(zone: Cloudflare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "another-token-that-has-no-rights")
    says = r"Authentication error \(10000\); the token needs Zone Read and DNS Edit"
    with refused(BackendError, "denied", value=403, says=says):
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
    with refused(BackendError, "not-known", value=0 if call == BATCH else 1, says=known):
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
    monkeypatch.setattr(writer, "PAID_BATCH", 1)
    _, decide = planned(zone, CHANGE, replacing(SPF, ""))
    server.faults += [Fault(BATCH), Fault(BATCH, 429, headers={"retry-after": "999"})]
    with refused(BackendError, "throttled", value=1, says="asks for 999 seconds"):
        zone.apply(decide)

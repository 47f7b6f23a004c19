"""CAA records travel by themselves: in which order, and that nothing else changes for it."""

from collections.abc import Callable

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.cloudflare import writer
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from sophia_infra.dns.backends.cloudflare.batches import calls
from tests.dns.backends.cloudflare.conftest import planned, replacing
from tests.support.cloudflare_server import CloudflareServer, Fault
from tests.support.refusals import refused

BATCH, SINGLE = "POST .*/batch", "(POST|PATCH|DELETE) .*/dns_records(/[0-9a-f]{32})?$"
WWW = "www 300 A 192.0.2.2\n"


def issuers(server: CloudflareServer, owner: str, *properties: str) -> str:
    """Make a CAA set, and return it as zone text."""
    name = "shop.example" if owner == "@" else f"{owner}.shop.example"
    for one in properties:
        tag, value = one.split(" ")
        server.add("CAA", name, data={"flags": 0, "tag": tag, "value": value}, ttl=300, comment="kept")
    return lines(owner, *properties)


def lines(owner: str, *properties: str) -> str:
    return "".join(f'{owner} 300 CAA 0 {tag} "{value}"\n' for tag, value in map(str.split, sorted(properties)))


def watching(server: CloudflareServer, see: Callable[[set[str]], object]) -> None:
    """Look at the CAA of the zone after each request that changes it."""

    def look(one: CloudflareServer) -> None:
        sets = [each["data"] for each in one.objects.values() if each["type"] == "CAA"]
        see({f"{data['tag']} {data['value']}" for data in sets})

    server.faults += [Fault("POST|PATCH|DELETE", after=True, deed=look)] * 20


def test_no_caa_record_is_in_a_batch_and_all_else_is(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = issuers(server, "@", "issue a.example", "iodef mailto:a@shop.example")
    sent: list[str] = []
    carried_out = server._batch

    def look(body: dict[str, list[dict[str, str]]]) -> object:
        sent.extend(one["type"] for part in body.values() for one in part)
        return carried_out(body)

    monkeypatch.setattr(server, "_batch", look)
    mail = "mail 300 MX 10 mx.else.example.\nmail 300 SRV 0 0 1 mx.else.example.\n"
    desired, decide = planned(
        zone,
        replacing(before, lines("@", "issue b.example")),
        replacing(WWW, mail + lines("mail", "issue c.example") + WWW),
    )
    assert zone.apply(decide).text == desired == zone.read().text
    assert sorted(sent) == ["MX", "SRV"]
    assert server.count(SINGLE) == 3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["issue a", "issue b"], ["issue c"]),
        (["issue a"], ["issue b", "issue c"]),
        (["issue a", "issuewild b"], ["issue c", "issuewild d"]),
        (["issue a", "issuewild b"], ["issue a"]),
        (["iodef m", "issue a"], ["issue a", "issue b", "issuewild c"]),
        (["issue a", "issue b", "issuewild c"], ["issue d", "issuewild e"]),
        (["issue a", "issuewild b"], []),
        ([], ["issue a", "issuewild b"]),
    ],
)
def test_at_each_step_whoever_may_issue_before_and_after_may_issue(
    zone: Cloudflare, server: CloudflareServer, before: list[str], after: list[str]
) -> None:
    old = WWW + issuers(server, "www", *before)
    seen: list[set[str]] = []
    watching(server, seen.append)
    desired, decide = planned(zone, replacing(old, WWW + lines("www", *after)))
    zone.apply(decide)
    assert zone.read().text == desired
    assert seen
    for step in seen:
        for wildcard in (False, True):
            stays = may_issue(set(before), wildcard) & may_issue(set(after), wildcard)
            assert stays <= may_issue(step, wildcard), f"{step} on the way from {before} to {after}"


def may_issue(properties: set[str], wildcard: bool) -> set[str]:
    """The issuers of a to e that a CAA set allows (RFC 8659 section 4.3)."""
    by_tag = {tag: {one.split(" ")[1] for one in properties if one.startswith(f"{tag} ")} for tag in TAGS}
    named = (wildcard and by_tag["issuewild"]) or by_tag["issue"]
    return named or set("abcde")


TAGS = ("issue", "issuewild")


def test_a_value_in_the_place_of_another_keeps_the_object_with_its_comment(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    before = issuers(server, "@", "issue a.example", "issuewild b.example")
    zone.apply(planned(zone, replacing(before, lines("@", "issue c.example", "issuewild d.example")))[1])
    made = [(one["data"]["tag"], one["data"]["value"], one["comment"]) for one in server.named("shop.example")[2:]]
    assert sorted(made) == [("issue", "c.example", "kept"), ("issuewild", "d.example", "kept")]
    assert server.count(SINGLE) == server.count("PATCH") == 2


@pytest.mark.parametrize("coming", ["app 300 CNAME www.shop.example.\n", "app 300 NS ns1.else.example.\n"])
def test_a_name_that_becomes_an_alias_or_a_delegation_loses_its_caa_first_and_gets_it_last(
    zone: Cloudflare, server: CloudflareServer, coming: str
) -> None:
    server.add("A", "app.shop.example", content="192.0.2.2")
    host = "app 300 A 192.0.2.2\n" + issuers(server, "app", "issue a.example")
    base = zone.read().text
    desired, decide = planned(zone, replacing(host, coming))
    server.calls.clear()
    assert zone.apply(decide).text == desired == zone.read().text
    assert [call.split(" ")[0] for call in server.calls if not call.startswith("GET")] == ["DELETE", "POST"]
    server.calls.clear()
    assert zone.apply(lambda _: base).text == base
    assert [call.rpartition("/")[2] for call in server.calls if call.startswith("POST")] == ["batch", "dns_records"]


@pytest.mark.parametrize("after", [False, True], ids=["before-commit", "after-commit"])
@pytest.mark.parametrize("method", ["POST .*records$", "PATCH", "DELETE"])
def test_a_single_call_whose_answer_is_lost_is_looked_up_and_carried_on(
    zone: Cloudflare, server: CloudflareServer, method: str, after: bool
) -> None:
    before = issuers(server, "@", "issue a.example")
    other = issuers(server, "www", "issue a.example", "issuewild a.example")
    change = replacing(before, lines("@", "issue b.example", "issue c.example"))
    desired, decide = planned(zone, change, replacing(other, lines("www", "issuewild a.example")))
    server.faults.append(Fault(method, 502, after=after))
    assert zone.apply(decide).text == desired == zone.read().text
    assert server.count(method) == (1 if after else 2), "what was carried out is not sent again"


def test_between_two_calls_of_a_set_another_writer_is_told_from_what_is_half_done(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    before = issuers(server, "@", "issue a.example")
    _, decide = planned(zone, replacing(before, lines("@", "issue b.example", "issue c.example")))
    evil = {"flags": 0, "tag": "issue", "value": "evil.example"}
    intrusion = Fault("PATCH", 502, deed=lambda one: one.add("CAA", "shop.example", data=evil, ttl=300))
    server.faults.append(intrusion)
    with refused(BackendError, "another-writer", subject="@ CAA", value=1):
        zone.apply(decide)


def test_a_set_larger_than_a_batch_goes_on_where_an_answer_between_was_lost(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PAID_BATCH", 2)
    addresses = "".join(f"www 300 A 198.51.100.{number}\n" for number in range(1, 8))
    desired, decide = planned(zone, replacing(WWW, addresses))
    server.faults += [Fault(BATCH), Fault(BATCH, 502, after=True)]
    assert zone.apply(decide).text == desired == zone.read().text


def test_a_single_call_that_is_refused_names_its_set_and_what_was_written_before_it(
    zone: Cloudflare, server: CloudflareServer
) -> None:
    _, decide = planned(zone, replacing(WWW, "www 300 A 192.0.2.9\n" + lines("www", "issue a.example")))
    server.faults.append(Fault("POST .*records$", 400))
    with refused(BackendError, "refused", subject="www CAA", value=1, says=r": try again \(971\);"):
        zone.apply(decide)
    assert server.named("www.shop.example")[0]["content"] == "192.0.2.9"


def test_another_writer_is_noticed_by_a_single_call_too(zone: Cloudflare, server: CloudflareServer) -> None:
    before = issuers(server, "@", "issue a.example")
    _, decide = planned(zone, replacing(before, ""))
    (caa,) = [one for one in server.objects.values() if one["type"] == "CAA"]
    server.faults.append(Fault("DELETE", deed=lambda one: one.objects.pop(caa["id"])))
    with pytest.raises(BaseMovedError):
        zone.apply(decide)


def test_single_calls_count_in_the_budget(
    zone: Cloudflare, server: CloudflareServer, capsys: pytest.CaptureFixture[str]
) -> None:
    issuing = lines("www", *(f"issue {letter}.example" for letter in "abc"))
    zone.apply(planned(zone, replacing(WWW, WWW + issuing))[1])
    assert "3 changes written in 7 requests" in capsys.readouterr().err


def test_nothing_to_do_makes_no_call() -> None:
    assert list(calls([], 200)) == []

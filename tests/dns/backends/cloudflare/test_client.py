"""The token, where it goes and where it never goes; and the budget of requests."""

import logging
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, Credentials, open_backend
from sophia_infra.dns.backends.budget import Window
from sophia_infra.dns.backends.cloudflare import client
from sophia_infra.dns.backends.cloudflare.backend import Cloudflare
from tests.dns.backends.cloudflare.conftest import Open, planned, replacing
from tests.support.cloudflare_server import TOKEN, CloudflareServer, Fault
from tests.support.refusals import refused

WWW = "www 300 A 192.0.2.2\n"


def test_the_token_of_the_configuration_stands_above_the_environment(
    server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "one-that-is-not-allowed-anything")
    settings = {"kind": "cloudflare", "endpoint": server.endpoint}
    configured = Credentials({"sophia:cloudflareToken": TOKEN}.get)
    assert WWW in open_backend(settings, server.domain, configured).read().text


def test_what_netrc_holds_for_the_host_does_not_replace_the_token(
    zone: Cloudflare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert WWW in zone.read().text


def test_a_redirect_is_not_followed_with_the_token(zone: Cloudflare, server: CloudflareServer) -> None:
    server.faults += [Fault("/zones", 302, headers={"Location": "http://127.0.0.1:9/"})]
    with refused(BackendError, "refused", subject="GET /zones", value=302):
        zone.read()
    assert len(server.calls) == 1


@pytest.mark.parametrize("token", ["short", "with a blank in the middle of it", "with\nanother: header-of-ours-in-it"])
def test_what_can_be_no_token_is_refused_and_not_shown(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", token)
    with refused(BackendError, field="sophia:cloudflareToken", says="is not an API token") as caught:
        zone.read()
    assert token not in str(caught.value)
    assert server.calls == []


FAULTS = {
    "down": [Fault("", 503)] * 5,
    "hung up": [Fault("", 0)] * 5,
    "refused": [Fault("", 400)],
    "too many": [Fault("", 429, headers={"retry-after": "999"})],
    "batch refused": [Fault("POST", 400)] * 9,
    "batch lost": [Fault("POST", 500)] * 9,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_token_is_in_no_error_log_or_file_whatever_goes_wrong(
    zone: Cloudflare,
    server: CloudflareServer,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    fault: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    _, decide = planned(zone, replacing(WWW, ""))
    server.faults += FAULTS[fault]
    with pytest.raises(BackendError) as caught:
        zone.apply(decide)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    said = [*map(repr, chain), caplog.text, *capfd.readouterr(), repr(zone), zone.location]
    said += [path.read_text("latin-1") for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert len(said) > 7, "files were looked into as well"
    assert not [one for one in said if TOKEN in one]


def test_a_value_that_cloudflare_repeats_in_a_refusal_is_not_shown(zone: Cloudflare, server: CloudflareServer) -> None:
    _, decide = planned(zone, replacing(WWW, "www 300 A 203.0.113.66\n"))
    with refused(BackendError, "refused", subject="www A", says=r"Content \(its value\) is not allowed") as caught:
        zone.apply(decide)
    assert "203.0.113.66" not in str(caught.value)


def test_an_object_that_can_not_be_read_is_named_without_its_value(zone: Cloudflare, server: CloudflareServer) -> None:
    made = server.add("TXT", "www.else.example", content='"secret-canary"', comment="canary-comment")
    told = f"www.else.example TXT ({made['id']})"
    with refused(BackendError, "unreadable", subject=told, says=r"what is no record of shop\.example: www") as caught:
        zone.read()
    assert "canary" not in str(caught.value)


def test_an_answer_larger_than_any_of_the_api_is_not_read_to_its_end(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_LIMIT", 4000)
    assert WWW in zone.read().text
    server.add("TXT", "large.shop.example", content=f'"{"x" * 4000}"')
    says = r"answered GET /zones/\w+/dns_records with more than 4000 octets"
    with refused(BackendError, "too-large", limit=4000, says=says):
        zone.read()
    assert server.count("dns_records") == 2, "what is too large is not asked for again"


def test_a_batch_whose_answer_is_too_large_is_looked_up(
    zone: Cloudflare, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desired, decide = planned(zone, replacing(WWW, ""))
    original = server._batch
    monkeypatch.setattr(client, "ANSWER_LIMIT", 4000)
    monkeypatch.setattr(server, "_batch", lambda body: original(body) | {"padding": "x" * 4000})
    assert zone.apply(decide).text == desired == zone.read().text
    assert server.count("POST") == 1


def test_the_documented_limit_of_an_answer_is_kept() -> None:
    assert client.ANSWER_LIMIT == 64 * 1024 * 1024


def test_requests_wait_for_their_place_in_the_budget_that_all_processes_share(
    opened: Open, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch, pauses: list[float]
) -> None:
    monkeypatch.setattr(client, "LIMIT", Window(6, 300))
    opened().read()
    opened().read()
    assert not any(pause > 1 for pause in pauses)
    opened().read()
    waited = [pause for pause in pauses if pause > 1]
    assert len(server.calls) == 9
    assert len(waited) == 3
    assert all(250 < pause <= 300 for pause in waited), "until five minutes after the first"


def test_a_budget_that_is_spent_for_longer_than_anyone_waits_is_an_error_that_says_when_it_goes_on(
    opened: Open, server: CloudflareServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LIMIT", Window(4, 3000))
    opened().read()
    with refused(BackendError, "throttled", limit=300, says="has used its 4 requests in 3000 seconds"):
        opened().read()
    assert len(server.calls) == 4


def test_cloudflares_documented_limit_is_kept() -> None:
    assert (client.LIMIT.requests, client.LIMIT.seconds) == (1200, 300)


def test_what_is_left_of_the_budget_is_told_after_a_write_and_when_it_runs_low(
    opened: Open, server: CloudflareServer, capsys: pytest.CaptureFixture[str]
) -> None:
    opened().read()
    assert capsys.readouterr().err == ""
    opened().apply(planned(opened(), replacing(WWW, ""))[1])
    said = capsys.readouterr().err
    assert "1 changes written in 5 requests, 1189 of the token's 1200 requests in 300 seconds left" in said
    server.quota = 500
    opened().read()
    assert "Cloudflare: 3 requests, 486 of the token's" in capsys.readouterr().err

from pathlib import Path

import pytest

from sophia_infra.credentials import CredentialError
from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.dns.backends.namecheap.conftest import HOSTS, opened, planned, records
from tests.support.namecheap_server import KEY, Account, Domain

NEW = "www 300 A 192.0.2.7"


@pytest.mark.parametrize(
    "fault", ["500", "drop", "garbage", "page", "truncated", "500-after", "throttled", "too-many", "trouble"]
)
@pytest.mark.parametrize("command", ["getHosts", "getList"])
def test_a_read_whose_answer_is_lost_is_asked_again(
    backend: Namecheap, account: Account, command: str, fault: str
) -> None:
    account.faults = [(command, fault), (command, fault)]
    assert records(backend.read()) == ["@ 1800 A 192.0.2.1", "www 1800 CNAME shop.example."]
    assert not account.faults


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("500", "HTTP 500"),
        ("drop", "gave no answer"),
        ("garbage", "no answer of Namecheap's API"),
        ("page", "no answer of Namecheap's API"),
        ("redirect", "HTTP 302"),
        ("no-result", "holds no DomainDNSGetHostsResult"),
        ("no-ttl", "a host without name, type, value or TTL"),
        ("throttled", "no more requests"),
        ("too-many", "no more requests"),
    ],
)
def test_a_read_that_stays_unanswered_is_an_error_and_never_part_of_a_zone(
    backend: Namecheap, account: Account, fault: str, message: str
) -> None:
    account.faults = [("getHosts", fault)] * 9
    with pytest.raises(BackendError, match=message):
        backend.read()


def test_a_domain_without_name_servers_is_an_error(backend: Namecheap, account: Account) -> None:
    account.faults = [("getList", "no-servers")]
    with pytest.raises(BackendError, match=r"tells no name servers of shop\.example"):
        backend.read()


@pytest.mark.parametrize("fault", ["500-after", "drop-after", "truncated", "trouble-after"])
def test_a_write_whose_answer_is_lost_is_read_back_and_found_done(
    backend: Namecheap, account: Account, fault: str
) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", fault)]
    assert records(backend.apply(decide)) == [NEW]
    assert account.commands.count("setHosts") == 1


@pytest.mark.parametrize("fault", ["500", "drop", "garbage", "trouble"])
def test_a_write_that_was_never_done_says_so_and_can_be_run_again(
    backend: Namecheap, account: Account, panel: Domain, fault: str
) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", fault)]
    with pytest.raises(BackendError, match="as it was before: run it again"):
        backend.apply(decide)
    assert panel.hosts == HOSTS
    assert records(backend.apply(decide)) == [NEW]


@pytest.mark.parametrize("fault", ["throttled", "too-many"])
def test_a_write_that_comes_too_soon_is_made_later(backend: Namecheap, account: Account, fault: str) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", fault)]
    assert records(backend.apply(decide)) == [NEW]


def test_a_zone_that_moves_while_a_write_is_put_off_is_not_overwritten(
    backend: Namecheap, account: Account, panel: Domain
) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", "throttled")]

    def meanwhile(command: str, phase: str) -> None:
        if command == "setHosts":
            panel.hosts.append(("new", "A", "192.0.2.3", "10", 1800))

    account.meanwhile = meanwhile
    with pytest.raises(BaseMovedError):
        backend.apply(decide)
    assert [host[0] for host in panel.hosts] == ["@", "www", "old", "new"]


def test_a_write_that_never_gets_its_turn_says_so(backend: Namecheap, account: Account, panel: Domain) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", "too-many")] * 9
    with pytest.raises(BackendError, match="takes no more requests of ops for now"):
        backend.apply(decide)
    assert panel.hosts == HOSTS


def test_a_write_that_holds_something_else_afterwards_is_told(backend: Namecheap, account: Account) -> None:
    decide = planned(backend, "a 300 A 192.0.2.7", "b 300 A 192.0.2.8")
    account.faults = [("setHosts", "loses-one")]
    with pytest.raises(BackendError, match="missing b A; not asked for nothing"):
        backend.apply(decide)


def test_a_write_that_is_not_taken_without_a_reason_is_an_error(
    backend: Namecheap, account: Account, panel: Domain
) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", "unsuccessful")]
    with pytest.raises(BackendError, match=r"did not take the hosts of shop\.example"):
        backend.apply(decide)
    assert panel.hosts == HOSTS


def test_somebody_who_writes_right_after_is_noticed(backend: Namecheap, account: Account, panel: Domain) -> None:
    decide = planned(backend, NEW)

    def meanwhile(command: str, phase: str) -> None:
        if (command, phase) == ("setHosts", "after"):
            panel.hosts.append(("new", "A", "192.0.2.3", "10", 1800))

    account.meanwhile = meanwhile
    with pytest.raises(BackendError, match="missing nothing; not asked for new A;"):
        backend.apply(decide)


def test_a_refusal_names_the_record_and_never_repeats_its_value(backend: Namecheap, account: Account) -> None:
    decide = planned(backend, '_token 300 TXT "SECRET-VALUE-123"')
    account.faults = [("setHosts", "repeats")]
    with pytest.raises(BackendError, match=r"\(value of _token TXT\)") as refused:
        backend.apply(decide)
    assert "SECRET" not in str(refused.value)


def test_a_redirect_that_got_lost_is_noticed(backend: Namecheap, account: Account, panel: Domain) -> None:
    decide = planned(backend, NEW)

    def meanwhile(command: str, phase: str) -> None:
        if (command, phase) == ("setHosts", "after"):
            panel.hosts = [host for host in panel.hosts if host[1] != "URL301"]

    account.meanwhile = meanwhile
    with pytest.raises(BackendError, match="missing old URL301;"):
        backend.apply(decide)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"client_ip": "192.0.2.201"}, r"192\.0\.2\.201 \(1011150\); the public IPv4 address .* whitelist"),
        ({"username": "nobody"}, r"\(1019103\); there is no such account; check backend.username"),
    ],
)
def test_a_refusal_says_what_to_do(account: Account, settings: dict[str, str], message: str) -> None:
    with pytest.raises(BackendError, match=message):
        opened(account, **settings).read()


def test_a_domain_that_is_not_the_account_s_or_not_served_there_says_what_to_do(
    account: Account, panel: Domain
) -> None:
    with pytest.raises(BackendError, match=r"2019166.*the registered domain itself"):
        opened(account, "www.shop.example").read()
    account.faults = [("getHosts", "elsewhere")]
    with pytest.raises(BackendError, match=r"does not serve shop\.example: .*choose Namecheap BasicDNS"):
        opened(account).read()
    panel.ours = False
    with pytest.raises(BackendError, match=r"2030288.*choose Namecheap BasicDNS"):
        opened(account).read()


def test_a_host_whose_value_nobody_can_read_is_named(backend: Namecheap, panel: Domain) -> None:
    for host, told in (
        (("bad", "A", "not-an-address", "10", 1800), "bad A"),
        (("a..b", "A", "192.0.2.1", "10", 60), "a..b A"),
    ):
        panel.hosts = [host]
        with pytest.raises(BackendError, match=rf"the host {told} of shop\.example can't be read"):
            backend.read()


def test_the_key_stands_in_no_address_message_or_file(
    account: Account, monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = opened(account)
    backend.apply(planned(backend, NEW))
    canary = KEY + "-wrong"
    monkeypatch.setenv("NAMECHEAP_API_KEY", canary)
    with pytest.raises(BackendError) as refused:
        backend.read()
    assert "1011102" in str(refused.value)
    said = "".join([str(refused.value), repr(refused.value), repr(backend), *account.addresses, *capsys.readouterr()])
    assert KEY not in said
    files = [file for file in home.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if KEY.encode() in file.read_bytes()]


def test_without_a_key_the_message_says_how_to_set_one(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMECHEAP_API_KEY")
    with pytest.raises(CredentialError, match=r"pulumi config set --secret sophia:namecheapApiKey"):
        opened(account).read()
    assert not account.commands

from pathlib import Path

import pytest

from sophia_infra.credentials import CredentialError
from sophia_infra.dns.backends import BackendError, BaseMovedError
from sophia_infra.dns.backends.namecheap.api import NoDomainError
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.dns.backends.namecheap.conftest import HOSTS, opened, planned, records
from tests.support.namecheap_server import KEY, Account, Domain
from tests.support.refusals import refused

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
    ("fault", "code", "value", "says"),
    [
        ("500", "unanswered", 500, "answered with HTTP 500"),
        ("drop", "unanswered", "ConnectionError", "gave no answer"),
        ("garbage", "unanswered", None, "no answer of Namecheap's API"),
        ("page", "unanswered", None, "no answer of Namecheap's API"),
        ("redirect", "unreadable", 302, "check backend.endpoint"),
        ("no-result", "unanswered", None, "holds no DomainDNSGetHostsResult"),
        ("no-ttl", "unreadable", None, "a host without name, type, value or TTL"),
        ("throttled", "throttled", None, ""),
        ("too-many", "throttled", None, ""),
    ],
)
def test_a_read_that_stays_unanswered_is_an_error_and_never_part_of_a_zone(
    backend: Namecheap, account: Account, fault: str, code: str, value: int | str | None, says: str
) -> None:
    account.faults = [("getHosts", fault)] * 9
    with refused(BackendError, code, value=value, says=says):
        backend.read()


def test_a_domain_without_name_servers_is_an_error(backend: Namecheap, account: Account) -> None:
    account.faults = [("getList", "no-servers")]
    with refused(BackendError, "unreadable", subject="name servers", says=r"tells no name servers of shop\.example"):
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
    with refused(BackendError, "unanswered", says="as it was before: run it again"):
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
    with refused(BackendError, "throttled", subject="ops", says="takes no more requests of ops for now"):
        backend.apply(decide)
    assert panel.hosts == HOSTS


def test_a_write_that_holds_something_else_afterwards_is_told(backend: Namecheap, account: Account) -> None:
    decide = planned(backend, "a 300 A 192.0.2.7", "b 300 A 192.0.2.8")
    account.faults = [("setHosts", "loses-one")]
    says = "missing b A; not asked for nothing"
    with refused(BackendError, "another-writer", subject="b A", value="nothing", says=says):
        backend.apply(decide)


def test_a_write_that_is_not_taken_without_a_reason_is_an_error(
    backend: Namecheap, account: Account, panel: Domain
) -> None:
    decide = planned(backend, NEW)
    account.faults = [("setHosts", "unsuccessful")]
    with refused(BackendError, "refused", subject="shop.example", says=r"did not take the hosts of shop\.example"):
        backend.apply(decide)
    assert panel.hosts == HOSTS


def test_somebody_who_writes_right_after_is_noticed(backend: Namecheap, account: Account, panel: Domain) -> None:
    decide = planned(backend, NEW)

    def meanwhile(command: str, phase: str) -> None:
        if (command, phase) == ("setHosts", "after"):
            panel.hosts.append(("new", "A", "192.0.2.3", "10", 1800))

    account.meanwhile = meanwhile
    with refused(BackendError, "another-writer", subject="nothing", value="new A"):
        backend.apply(decide)


def test_a_refusal_names_the_record_and_never_repeats_its_value(backend: Namecheap, account: Account) -> None:
    decide = planned(backend, '_token 300 TXT "SECRET-VALUE-123"')
    account.faults = [("setHosts", "repeats")]
    with refused(BackendError, "refused", says=r"\(value of _token TXT\)") as caught:
        backend.apply(decide)
    assert "SECRET" not in str(caught.value)


def test_a_redirect_that_got_lost_is_noticed(backend: Namecheap, account: Account, panel: Domain) -> None:
    decide = planned(backend, NEW)

    def meanwhile(command: str, phase: str) -> None:
        if (command, phase) == ("setHosts", "after"):
            panel.hosts = [host for host in panel.hosts if host[1] != "URL301"]

    account.meanwhile = meanwhile
    with refused(BackendError, "another-writer", subject="old URL301"):
        backend.apply(decide)


@pytest.mark.parametrize(
    ("settings", "number", "says"),
    [
        ({"client_ip": "192.0.2.201"}, "1011150", r"192\.0\.2\.201 \(1011150\); the public IPv4 address .* whitelist"),
        ({"username": "nobody"}, "1019103", r"; there is no such account; check backend.username"),
    ],
)
def test_a_refusal_says_what_to_do(account: Account, settings: dict[str, str], number: str, says: str) -> None:
    with refused(BackendError, "refused", value=number, says=says):
        opened(account, **settings).read()


def test_a_domain_that_is_not_the_account_s_or_not_served_there_says_what_to_do(
    account: Account, panel: Domain
) -> None:
    with refused(NoDomainError, value="2019166", says="the registered domain itself"):
        opened(account, "www.shop.example").read()
    account.faults = [("getHosts", "elsewhere")]
    with refused(BackendError, "no-zone", subject="shop.example", says="choose Namecheap BasicDNS"):
        opened(account).read()
    panel.ours = False
    with refused(BackendError, "refused", value="2030288", says="choose Namecheap BasicDNS"):
        opened(account).read()


def test_a_host_whose_value_nobody_can_read_is_named(backend: Namecheap, panel: Domain) -> None:
    for host, told in (
        (("bad", "A", "not-an-address", "10", 1800), "bad A"),
        (("a..b", "A", "192.0.2.1", "10", 60), "a..b A"),
    ):
        panel.hosts = [host]
        with refused(BackendError, "unreadable", subject=told, says=r"of shop\.example can't be read"):
            backend.read()


def test_the_key_stands_in_no_address_message_or_file(
    account: Account, monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backend = opened(account)
    backend.apply(planned(backend, NEW))
    canary = KEY + "-wrong"
    monkeypatch.setenv("NAMECHEAP_API_KEY", canary)
    with refused(BackendError, "refused", value="1011102") as caught:
        backend.read()
    said = "".join([str(caught.value), repr(caught.value), repr(backend), *account.addresses, *capsys.readouterr()])
    assert KEY not in said
    files = [file for file in home.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if KEY.encode() in file.read_bytes()]


def test_without_a_key_the_message_says_how_to_set_one(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NAMECHEAP_API_KEY")
    says = "pulumi config set --secret sophia:namecheapApiKey"
    with refused(CredentialError, field="sophia:namecheapApiKey", says=says):
        opened(account).read()
    assert not account.commands

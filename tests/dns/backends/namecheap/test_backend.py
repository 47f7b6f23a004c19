import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, BaseMovedError, Live
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.dns.backends.namecheap.conftest import HOSTS, opened, planned, records
from tests.support.namecheap_server import Account, Domain, Entry
from tests.support.refusals import refused

REDIRECT = HOSTS[2]


def test_a_zone_is_read_with_the_name_servers_that_the_world_sees(backend: Namecheap) -> None:
    live = backend.read()
    assert live.text.splitlines() == [
        "@ 3601 SOA dns1.registrar-servers.com. hostmaster.registrar-servers.com. 0 43200 3600 604800 3601",
        "@ 1800 A 192.0.2.1",
        "@ 1800 NS dns1.registrar-servers.com.",
        "@ 1800 NS dns2.registrar-servers.com.",
        "www 1800 CNAME shop.example.",
    ]


def test_what_is_written_reads_back_and_a_redirect_stays(backend: Namecheap, panel: Domain, account: Account) -> None:
    live = backend.apply(planned(backend, "@ 1800 A 192.0.2.1", "api 300 AAAA 2001:db8::1", "www 300 A 192.0.2.7"))
    assert records(live) == ["@ 1800 A 192.0.2.1", "api 300 AAAA 2001:db8::1", "www 300 A 192.0.2.7"]
    assert backend.read() == live
    assert REDIRECT in panel.hosts
    assert len(panel.hosts) == 4
    assert account.methods == {"POST"}


@pytest.mark.parametrize(
    "line",
    [
        "a 60 A 192.0.2.9",
        "a 60000 AAAA 2001:db8::9",
        "*.dev 300 CNAME www.shop.example.",
        "mail 300 MX 5 mx1.mail.example.",
        "dev 300 NS ns1.dev.example.",
        '@ 300 TXT "v=spf1 include:_spf.mail.example -all"',
        '@ 300 TXT "back\\\\slash; semicolon"',
        '@ 300 CAA 0 issue "ca.example"',
        '@ 300 CAA 128 iodef "mailto:security@shop.example"',
        "xn--bcher-kva 300 A 192.0.2.9",
        "_acme-challenge 60 CNAME challenge.acme.example.",
        f'key._domainkey 300 TXT "{"a" * 255}" "{"b" * 200}"',
    ],
)
def test_every_type_that_it_holds_comes_back_as_it_was_asked_for(backend: Namecheap, line: str) -> None:
    live = backend.apply(planned(backend, line))
    assert records(live) == [line]
    assert backend.apply(lambda now: now.text) == live


def test_nothing_is_written_where_the_zone_is_as_decided(backend: Namecheap, account: Account) -> None:
    backend.apply(lambda live: live.text)
    assert "setHosts" not in account.commands


def test_text_is_held_in_strings_of_255_octets_however_it_was_split(backend: Namecheap) -> None:
    live = backend.read()
    assert backend.normalize('a 300 TXT "v=spf1 " "-all"\n', live) == 'a 300 TXT "v=spf1 -all"\n'


@pytest.mark.parametrize(
    ("address", "rdata"),
    [
        ("v=spf1 -all", '"v=spf1 -all"'),
        ('"v=spf1 -all"', '"v=spf1 -all"'),
        ('"open', '"\\"open"'),
        ("back\\slash", '"back\\\\slash"'),
        ("a" * 300, f'"{"a" * 255}" "{"a" * 45}"'),
    ],
)
def test_a_text_is_read_as_it_stands_in_quotes_or_not(
    backend: Namecheap, panel: Domain, address: str, rdata: str
) -> None:
    panel.hosts = [("@", "TXT", address, "10", 300)]
    assert records(backend.read()) == [f"@ 300 TXT {rdata}"]


def test_a_moved_base_is_refused_and_nothing_written(backend: Namecheap, panel: Domain, account: Account) -> None:
    decide = planned(backend, "www 300 A 192.0.2.7")
    added: Entry = ("new", "A", "192.0.2.3", "10", 1800)
    panel.hosts.append(added)
    with refused(BaseMovedError):
        backend.apply(decide)
    assert panel.hosts == [*HOSTS, added]
    assert "setHosts" not in account.commands


def test_no_turn_is_waited_for_between_reading_and_writing(account: Account) -> None:
    backend = opened(account, quota=[4, 700, 8000])
    budget = replace(backend.api.budget, sleep=lambda wait: account.commands.append("wait" if wait else "at once"))
    waiting = Namecheap(replace(backend.api, budget=budget))
    decide = planned(waiting, "www 300 A 192.0.2.7")
    account.commands.clear()
    waiting.apply(decide)
    asked = [word for word in account.commands if word != "at once"]
    assert asked == ["getList", "wait", "getHosts", "setHosts", "wait", "getHosts"]


def test_of_two_that_write_at_once_one_wins_and_the_other_is_refused(account: Account, panel: Domain) -> None:
    backends = [opened(account), opened(account)]
    plans = [planned(one, f"www 300 A 192.0.2.{number}") for number, one in enumerate(backends, 50)]
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            backends[number].apply(plans[number])
            outcomes.append("written")
        except BaseMovedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "written"]
    assert account.commands.count("setHosts") == 1
    assert REDIRECT in panel.hosts


@pytest.mark.parametrize("email", ["FWD", "OX", "GMAIL"])
def test_mail_that_namecheap_handles_is_left_to_it(backend: Namecheap, panel: Domain, email: str) -> None:
    mail: Entry = ("@", "MX", "mx1.privateemail.example.", "10", 1800)
    panel.email = email
    panel.hosts.append(mail)
    live = backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert records(live) == ["www 300 A 192.0.2.7"]
    assert panel.email == email
    assert mail in panel.hosts
    with refused(BackendError, "set-there", subject="@ MX", value=email, says="choose Custom MX"):
        backend.normalize("@ 300 MX 10 mx.mail.example.\n", backend.read())


def test_an_alias_is_written_read_back_and_changed_as_a_record(backend: Namecheap, panel: Domain) -> None:
    panel.hosts = [("@", "ALIAS", "shops.example.", "10", 300)]
    assert records(backend.read()) == ["@ 300 ALIAS shops.example."]
    wanted = "@ 300 ALIAS cdn.example."
    live = backend.apply(planned(backend, wanted))
    assert records(live) == records(backend.read()) == [wanted]
    assert [host[:3] for host in panel.hosts] == [("@", "ALIAS", "cdn.example.")]


def test_a_name_server_of_the_domain_itself_is_carried_through(backend: Namecheap, panel: Domain) -> None:
    own: list[Entry] = [("@", "NS", "dns1.registrar-servers.com.", "10", 1800)]
    panel.hosts = list(own)
    live = backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert records(live) == ["www 300 A 192.0.2.7"]
    assert set(own) <= set(panel.hosts)


def test_forwarding_of_all_mail_to_an_address_is_kept(backend: Namecheap, panel: Domain) -> None:
    host: Entry = ("shop.example", "MXE", "192.0.2.25", "10", 1800)
    panel.email = "MXE"
    panel.hosts.append(host)
    backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert host in panel.hosts
    assert panel.email == "MXE"


def test_the_e_mail_type_follows_mx_records_of_the_owner(backend: Namecheap, panel: Domain) -> None:
    backend.apply(planned(backend, "@ 300 MX 10 mx.mail.example."))
    assert panel.email == "MX"
    backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert panel.email == "NONE"


def test_nothing_is_written_while_it_is_not_known_how_mail_is_handled(backend: Namecheap, panel: Domain) -> None:
    panel.email = ""
    says = r"how the mail of shop\.example is handled, so nothing was written"
    with refused(BackendError, "unreadable", subject="EmailType", says=says):
        backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert panel.hosts == HOSTS


def test_a_host_that_is_switched_off_stops_the_write(backend: Namecheap, panel: Domain) -> None:
    panel.inactive.add("old")
    with refused(BackendError, "set-there", subject="old URL301", says="switched off.*nothing was written"):
        backend.apply(planned(backend, "www 300 A 192.0.2.7"))
    assert panel.hosts == HOSTS


def test_a_host_that_takes_dynamic_updates_is_named_before_a_change_and_only_then(
    backend: Namecheap, panel: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    panel.hosts.append(("home", "A", "192.0.2.50", "10", 60))
    panel.dynamic.add("home")
    live = backend.read()
    backend.normalize(live.text, live)
    assert capsys.readouterr().err == ""
    backend.normalize(live.text + "new 300 A 192.0.2.9\n", live)
    assert "home A takes dynamic updates, which the API can't write back" in capsys.readouterr().err


def test_hosts_of_one_set_that_differ_in_ttl_are_one_set_and_written_back_as_they_were(
    backend: Namecheap, panel: Domain
) -> None:
    pool: list[Entry] = [("pool", "A", f"192.0.2.{number}", "10", ttl) for number, ttl in enumerate((1800, 300, 600))]
    panel.hosts += pool
    lines = [f"pool 300 A 192.0.2.{number}" for number in range(3)]
    live = backend.apply(planned(backend, *lines))
    assert records(live) == lines
    assert set(pool) <= set(panel.hosts)


def test_the_page_that_an_empty_domain_is_parked_on_is_no_record(backend: Namecheap, panel: Domain) -> None:
    panel.hosts = []
    backend.apply(lambda live: live.text + "www 300 A 192.0.2.7\n")
    backend.remove()
    assert [host[1] for host in panel.hosts] == ["CNAME", "URL"]
    assert records(backend.read()) == []
    live = backend.apply(planned(backend, "@ 300 A 192.0.2.7"))
    assert records(live) == ["@ 300 A 192.0.2.7"]


def test_removing_keeps_redirects_and_a_copy_of_the_zone(
    backend: Namecheap, panel: Domain, account: Account, home: Path
) -> None:
    before = backend.read()
    backend.remove()
    assert panel.hosts == [REDIRECT]
    (copy,) = _files(home)
    assert copy.endswith(before.text)
    written = account.commands.count("setHosts")
    backend.remove()
    assert account.commands.count("setHosts") == written


def _files(home: Path) -> list[str]:
    return [file.read_text() for file in (home / "backups").glob("shop.example-*.zone")]


def test_removing_a_domain_that_is_gone_succeeds(account: Account) -> None:
    opened(account, "gone.example").remove()


def test_a_plain_live_zone_is_enough_to_ask_what_can_be_held(backend: Namecheap) -> None:
    assert backend.normalize("www 300 A 192.0.2.7\n", Live()) == "www 300 A 192.0.2.7\n"


def test_a_domain_below_a_suffix_of_two_labels_is_asked_for_in_its_two_parts(account: Account) -> None:
    account.domains["shop.co.uk"] = Domain([("@", "A", "192.0.2.1", "10", 1800)])
    assert records(opened(account, "shop.co.uk").read()) == ["@ 1800 A 192.0.2.1"]


def test_one_place_is_one_domain_whoever_asks(account: Account) -> None:
    one = opened(account)
    assert one.location == opened(account, api_user="robot").location
    assert one.location.endswith("/shop.example")
    assert one.location != opened(account, "other.example").location


def test_names_that_the_panel_writes_in_unicode_or_capitals_take_their_one_form(
    account: Account, backend: Namecheap, panel: Domain
) -> None:
    panel.hosts = [("B\u00fccher", "CNAME", "WWW.Shop.Example", "10", 300)]
    assert records(backend.read()) == ["xn--bcher-kva 300 CNAME www.shop.example."]
    account.domains["xn--bcher-kva.example"] = Domain([("@", "A", "192.0.2.1", "10", 300)])
    assert records(opened(account, "b\u00fccher.example").read()) == ["@ 300 A 192.0.2.1"]

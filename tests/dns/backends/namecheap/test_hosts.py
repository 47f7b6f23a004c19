import pytest

from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.backends.namecheap.backend import Namecheap
from tests.dns.backends.namecheap.conftest import frame
from tests.support.namecheap_server import Domain
from tests.support.refusals import refused


@pytest.mark.parametrize(
    ("line", "code", "value", "limit", "says"),
    [
        ("a 59 A 192.0.2.9", "not-held", 59, 60, "TTL of 59; Namecheap takes 60 to 60000 seconds"),
        ("a 60001 A 192.0.2.9", "not-held", 60001, 60000, ""),
        ("_sip._tcp 300 SRV 1 1 5060 sip.shop.example.", "not-held", None, None, "no SRV: set it in the panel"),
        ("a 300 PTR shop.example.", "not-held", None, None, "it holds A, AAAA, ALIAS, CAA, CNAME, MX, NS, TXT"),
        ("@ 300 MX 0 .", "not-held", None, None, "null MX"),
        ('a 300 TXT "say \\"hello\\""', "not-held", None, None, "takes text without quotes"),
        ('a 300 TXT " leading"', "not-held", None, None, "blanks at its ends"),
        ('a 300 TXT ""', "not-held", None, None, "takes text without"),
        ('a 300 TXT "\\255"', "not-held", None, None, "control characters"),
        (f"{'a' * 61} 300 A 192.0.2.9", "not-held", 61, 60, "at most 60 plain characters"),
        ("a\\.b 300 A 192.0.2.9", "not-held", 4, 60, "plain characters"),
        (
            'a 300 CAA 0 iodef "security@shop.example"',
            "not-held",
            '"security@shop.example"',
            None,
            "takes mailto:name@",
        ),
        ('a 300 CAA 0 issuemail ";"', "not-held", "issuemail", None, "Namecheap takes issue, issuewild, iodef"),
        ("old 300 A 192.0.2.9", "set-there", "URL301", None, r"\(https://www.shop.example/\); delete that"),
        ("old 300 CNAME www.shop.example.", "set-there", "URL301", None, ""),
    ],
)
def test_what_it_can_t_hold_is_named_with_the_way_out(
    backend: Namecheap, line: str, code: str, value: int | str | None, limit: int | None, says: str
) -> None:
    owner, _, rtype, _ = line.split(" ", 3)
    with refused(BackendError, code, subject=f"{owner} {rtype}", value=value, limit=limit, says=says):
        backend.normalize(f"{line}\n", backend.read())


def test_mail_beside_a_redirect_of_the_bare_domain_is_welcome(backend: Namecheap, panel: Domain) -> None:
    panel.hosts = [("@", "URL", "https://www.shop.example/", "10", 1800)]
    lines = '@ 300 MX 10 mx.mail.example.\n@ 300 TXT "v=spf1 mx -all"\n'
    assert backend.normalize(lines, backend.read()) == lines


def test_a_text_of_more_than_2500_characters_is_refused(backend: Namecheap) -> None:
    strings = " ".join([f'"{"a" * 250}"'] * 10)
    live = backend.read()
    assert backend.normalize(f"a 300 TXT {strings}\n", live)
    with refused(BackendError, "not-held", subject="a TXT", value=2501, limit=2500, says="has 2501 characters"):
        backend.normalize(f'a 300 TXT {strings} "a"\n', live)


def test_more_than_150_hosts_are_refused_redirects_counted(backend: Namecheap) -> None:
    live = backend.read()
    hosts = [f"host{number} 300 A 192.0.2.1\n" for number in range(150)]
    assert backend.normalize("".join(hosts[:149]), live)
    says = "150 records beside 1 redirects and the like; Namecheap holds 150"
    with refused(BackendError, "too-large", subject="shop.example", value=151, limit=150, says=says):
        backend.normalize("".join(hosts), live)


def test_a_record_that_is_live_stays_as_it_is_whatever_it_is(backend: Namecheap, panel: Domain) -> None:
    panel.hosts += [("odd", "TXT", 'say "hello"', "10", 30), ("old", "A", "192.0.2.9", "10", 300)]
    live = backend.read()
    assert 'odd 30 TXT "say \\"hello\\""\nold 300 A 192.0.2.9\n' in live.text
    assert backend.normalize(live.text, live) == live.text


def test_the_soa_and_the_name_servers_are_namecheap_s(backend: Namecheap) -> None:
    live = backend.read()
    asked = "@ 300 SOA a.example. b.example. 7 1 1 1 1\n@ 300 NS dns1.registrar-servers.com.\n"
    with refused(BackendError, "set-there", subject="@ NS", value="dns1.registrar-servers.com."):
        backend.normalize(asked, live)
    asked += "@ 300 NS dns2.registrar-servers.com.\n"
    assert backend.normalize(asked, live) == frame(live)
    assert backend.normalize("", live) == ""

"""A change that would break a certificate's next renewal is told at the zone; its nearest clean neighbour is not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia_infra.advice.model import Level
from sophia_infra.dns.reader import read
from sophia_infra.dns.renewals.renewal import Renewal, known, note
from sophia_infra.dns.renewals.rules import renewal_findings
from sophia_infra.dns.rr.record import to_text
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.journal import Journal

NOW = datetime(2026, 11, 29, tzinfo=UTC)
ORIGIN = "shop.example"
WEB = Renewal(
    certificate="web/prod/shop",
    names=("www.shop.example",),
    directory="https://ca.example/dir",
    issuers=("ca.example",),
    method="dns-01",
    zones=(ORIGIN,),
    ends=datetime(2027, 2, 1, tzinfo=UTC),
)
AWAY = replace(WEB, zones=("auth.example",))
HTTP = replace(WEB, method="http-01", zones=())
PERSIST = replace(WEB, method="dns-persist-01", account="https://ca.example/1")
BASE = "@ 300 SOA ns1.dns.example. mail.shop.example. 1 3600 600 86400 300\n@ 300 NS ns1.dns.example.\n"
ALIAS = "_acme-challenge.www 300 CNAME www.auth.example.\n"
RECORD = '_validation-persist.www 300 TXT "ca.example; accounturi=https://ca.example/1"\n'


def side(lines: str, *pending: str) -> LazyNames:
    base = "" if "SOA" in lines else BASE
    return LazyNames(to_text(read(base + lines, ORIGIN).sound()), ORIGIN, pending)


CASES: list[tuple[str, Renewal, str, str, str, str]] = [
    (
        "@ CAA",
        WEB,
        "",
        '@ 300 CAA 0 issue "other.example"',
        '@ 300 CAA 0 issue "ca.example"',
        "allow other.example",
    ),
    (
        "www CAA",
        WEB,
        "",
        '@ 300 CAA 0 issue "ca.example"\nwww 300 CAA 0 issue ";"',
        '@ 300 CAA 0 issue ";"\nwww 300 CAA 0 issue "ca.example"',
        "allow nobody",
    ),
    (
        "@ CAA",
        WEB,
        "",
        '@ 300 CAA 0 issue "ca.example; validationmethods=http-01"',
        '@ 300 CAA 0 issue "ca.example; validationmethods=dns-01,http-01"',
        "to look by http-01, not dns-01",
    ),
    (
        "@ CAA",
        replace(WEB, names=("*.shop.example",)),
        "",
        '@ 300 CAA 0 issue "ca.example"\n@ 300 CAA 0 issuewild "other.example"',
        '@ 300 CAA 0 issue "other.example"\n@ 300 CAA 0 issuewild "ca.example"',
        "allow other.example",
    ),
    ("_acme-challenge.www CNAME", AWAY, ALIAS, "", ALIAS, "nothing leads there any more"),
    (
        "_acme-challenge.www CNAME",
        AWAY,
        ALIAS,
        "_acme-challenge.www 300 CNAME www.other.example.",
        "_acme-challenge.www 60 CNAME w3.auth.example.",
        "leads to www.other.example., where no proof is written",
    ),
    ("_acme-challenge.www CNAME", WEB, "", ALIAS, "_acme-challenge 300 CNAME x.auth.example.", "no proof is written"),
    ("_acme-challenge.www CNAME", WEB, "", ALIAS, "* 300 CNAME edge.cdn.example.", "where no proof is written"),
    ("_acme-challenge.www CNAME", replace(WEB, zones=()), ALIAS, "", ALIAS, "nothing leads there any more"),
    (
        "_acme-challenge.www NS",
        WEB,
        "",
        "_acme-challenge.www 300 NS ns.auth.example.",
        "mail 300 NS ns.auth.example.",
        "hands it",
    ),
    (
        "www NS",
        WEB,
        "",
        "www 300 NS ns.other.example.",
        "w3 300 NS ns.other.example.",
        "hands it on to ns.other.example.",
    ),
    (
        "www NS",
        replace(WEB, zones=("www.shop.example",)),
        "www 300 NS ns1.a.example.",
        "www 300 NS ns1.b.example.",
        "www 300 NS ns1.a.example.\nwww 300 NS ns1.b.example.",
        "answer for it no more",
    ),
    (
        "@ NS",
        WEB,
        "",
        BASE.replace("NS ns1.dns.example.", "NS ns1.new.example."),
        f"{BASE}@ 300 NS ns1.new.example.",
        "none of its name servers stays (ns1.dns.example.)",
    ),
    ("www A", HTTP, "www 300 A 192.0.2.1", "", "www 300 CNAME edge.cdn.example.", "it has no address to connect to"),
    (
        "www A",
        HTTP,
        "www 300 A 192.0.2.1",
        'www 300 TXT "x"',
        "* 300 AAAA 2001:db8::1",
        "it has no address to connect to",
    ),
    ("_validation-persist.www TXT", PERSIST, RECORD, "", RECORD, "no record at _validation-persist.www lets"),
    (
        "_validation-persist.www TXT",
        PERSIST,
        RECORD,
        RECORD.replace("example/1", "example/2"),
        RECORD.replace("300", "60"),
        "lets the account order at ca.example",
    ),
    (
        "_validation-persist.www TXT",
        replace(PERSIST, names=("*.www.shop.example",)),
        RECORD.replace("/1", "/1; policy=wildcard"),
        RECORD,
        RECORD.replace("/1", "/1; policy=Wildcard"),
        "lets the account order wildcards at ca.example",
    ),
]


@pytest.mark.parametrize(("subject", "renewal", "before", "bad", "good", "why"), CASES, ids=[case[5] for case in CASES])
def test_a_change_that_breaks_a_renewal_is_told_and_its_neighbour_is_not(
    subject: str, renewal: Renewal, before: str, bad: str, good: str, why: str
) -> None:
    (finding,) = renewal_findings(side(before), side(bad), [renewal])
    assert (finding.code, finding.level, finding.subject, finding.old) == (
        "renewal-breaks",
        Level.ERROR,
        subject,
        False,
    )
    assert finding.message.startswith("The certificate web/prod/shop (it ends on 2027-02-01) could not renew by ")
    assert why in finding.message
    assert finding.fix
    assert renewal_findings(side(before), side(good), [renewal]) == []


def test_what_was_broken_before_and_stays_is_old() -> None:
    broken = '@ 300 CAA 0 issue "other.example"\n'
    (finding,) = renewal_findings(side(broken), side(f"{broken}mail 300 A 192.0.2.1"), [WEB])
    assert finding.old


def test_names_that_meet_the_same_are_one_finding_and_those_of_another_zone_none() -> None:
    many = replace(WEB, names=("shop.example", "www.shop.example", "*.shop.example", "other.example"))
    (finding,) = renewal_findings(side(""), side('@ 300 CAA 0 issue ";"'), [many])
    assert finding.message == (
        "The certificate web/prod/shop (it ends on 2027-02-01) could not renew by dns-01: its records allow nobody, "
        "not ca.example, as is needed for shop.example, www.shop.example, *.shop.example."
    )
    assert finding.fix == ('Write CAA of shop.example with `0 issue "ca.example"`, or have another CA sign first.')


def test_nothing_is_said_of_data_that_is_not_known_yet_or_of_a_ca_whose_name_is_not() -> None:
    assert renewal_findings(side("www 300 A 192.0.2.1"), side("", "www A"), [HTTP]) == []
    assert renewal_findings(side(""), side('@ 300 CAA 0 issue ";"'), [replace(WEB, issuers=())]) == []


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal.open(tmp_path)


def test_the_journal_tells_of_certificates_of_other_programs_until_they_are_gone(journal: Journal) -> None:
    note(journal, WEB)
    assert known((), "shop.example", journal, NOW) == (WEB,)
    assert known((), "www.shop.example", journal, NOW) == (WEB,)
    assert known((), "other.example", journal, NOW) == ()
    assert known((), "shop.example", journal, datetime(2027, 4, 1, tzinfo=UTC)) == ()
    note(journal, replace(WEB, stands=False))
    assert known((), "shop.example", journal, NOW) == ()


def test_a_certificate_that_lost_its_names_of_a_zone_renews_by_it_no_more(journal: Journal) -> None:
    note(journal, WEB)
    note(journal, replace(WEB, names=("shop.org",)), WEB.names)
    assert known((), "shop.example", journal, NOW) == ()
    assert len(known((), "shop.org", journal, NOW)) == 1


def test_what_the_program_says_counts_and_the_journal_fills_what_it_can_not_say(journal: Journal) -> None:
    note(journal, replace(WEB, certificate="web/prod/x:index:Blue::shop", account="https://ca.example/1"))
    said = Renewal("web/prod/shop", ("shop.example",), WEB.directory, method="http-01")
    (found,) = known([said], "shop.example", journal, NOW)
    assert (found.names, found.method) == (("shop.example",), "http-01")
    assert (found.issuers, found.account, found.ends) == (WEB.issuers, "https://ca.example/1", WEB.ends)
    (moved,) = known([replace(said, directory="https://new.example/dir")], "shop.example", journal, NOW)
    assert (moved.issuers, moved.account, moved.ends) == ((), "", WEB.ends)

"""What is proposed for findings on mail: the lines that go and that come, and what is left to people."""

from dataclasses import dataclass

import pytest

from sophia_infra.advice.model import Finding
from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import from_text, to_text
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint.cases.case import ORIGIN, records_of
from tests.dns.lint.cases.dkim import ED25519, PKCS1_2048, RSA_2048


@dataclass(frozen=True, slots=True)
class Mended:
    """In the frame less `without`, `lines` are proposed to lose some lines and get others, by edits for `code`."""

    code: str
    lines: str
    lost: str
    new: str
    without: tuple[str, ...] = ()


def spf(code: str, before: str, after: str, more: str = "") -> Mended:
    """One SPF record at the apex, with further lines beside it."""
    old, new = (f'@ TXT "v=spf1 {text}"' for text in (before, after))
    return Mended(code, f"{old}\n{more}", old, new, ("@ TXT",))


def text(code: str, owner: str, before: str, after: str) -> Mended:
    """One text at a name of its own; quotes and backslashes are escaped, and long texts split, as TXT is written."""
    old, new = (f"{owner} TXT {_strings(text)}" for text in (before, after))
    return Mended(code, old, old, new, (f"{owner} TXT",))


def _strings(plain: str) -> str:
    parts = [plain[start : start + 255] for start in range(0, len(plain), 255)]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)


def dmarc(code: str, before: str, after: str) -> Mended:
    return text(code, "_dmarc", before, after)


def dkim(code: str, before: str, after: str) -> Mended:
    return text(code, "k1._domainkey", before, after)


NINE = " ".join(f"include:s{number}.dns.example" for number in range(9))
STS = '_mta-sts TXT "v=STSv1; id=1"\nmta-sts A 192.0.2.7'
KEY = f"v=DKIM1; p={RSA_2048}"
RDATA = f"TXT {_strings(KEY)}"
ENTRY = f"domainkey {RDATA}"
HALVES = _strings(KEY[:200]), _strings(KEY[200:])
DMARC_RUA = '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"'
BOTH = ("@ TXT", "_dmarc TXT")
PUBLISHED = '@ TXT "x=1"\n@ MX 1 aspmx.l.google.com.\n@ MX 5 ALT1.aspmx.l.google.com.'

MENDED = [
    Mended(
        "spf-multiple",
        '@ TXT "v=spf1 include:a.example MX -all"\n@ TXT "v=spf1 +mx a/24 ~all"\n@ TXT "x=1"',
        '@ TXT "v=spf1 include:a.example MX -all"\n@ TXT "v=spf1 +mx a/24 ~all"',
        '@ TXT "v=spf1 include:a.example mx a/24 ~all"',
        ("@ TXT",),
    ),
    Mended(
        "spf-multiple",
        'lists TXT "v=spf1 ip4:192.0.2.1"\nlists TXT "v=spf1 -all"',
        'lists TXT "v=spf1 ip4:192.0.2.1"\nlists TXT "v=spf1 -all"',
        'lists TXT "v=spf1 ip4:192.0.2.1 ?all"',
    ),
    spf("spf-include-missing", "mx include:_x.shop.example -all", "mx -all"),
    spf("spf-include-missing", "mx redirect=_x.shop.example", "mx ?all"),
    spf("spf-loop", "mx include:shop.example. -all", "mx -all"),
    spf("spf-loop", "mx redirect=SHOP.example", "mx ?all"),
    spf("spf-void-lookup", "mx a:gone.shop.example exists:x.shop.example -all", "mx -all"),
    spf(
        "spf-void-lookup",
        "mx a:old.shop.example -include:_a.shop.example mx:new.shop.example a -all",
        "mx -include:_a.shop.example a -all",
        '_a TXT "v=spf1 a ip4:192.0.2.1 -all"',
    ),
    spf("spf-too-many-lookups", f"{NINE} mx +mx a:gone.shop.example -all", f"{NINE} mx -all"),
    Mended(
        "spf-mangled",
        '_s TXT "v=spf1 include:dns.example"\n_s TXT "ip4:192.0.2.1 include:mail.example -all"',
        '_s TXT "v=spf1 include:dns.example"\n_s TXT "ip4:192.0.2.1 include:mail.example -all"',
        '_s TXT "v=spf1 include:dns.example ip4:192.0.2.1 include:mail.example -all"',
    ),
    spf("spf-after-all", "~all mx redirect=dns.example -all", "mx ~all"),
    spf("spf-no-all", "mx exp=e.dns.example ", "mx exp=e.dns.example ?all"),
    spf("spf-syntax", "include: _spf.dns.example ~all", "include:_spf.dns.example ~all"),
    spf("spf-syntax", "include:dns.example-all", "include:dns.example -all"),
    spf("spf-syntax", "include:dns.example~all", "include:dns.example ~all"),
    spf("spf-syntax", "mx 192.0.2.1 a:192.0.2.2 - all", "mx ip4:192.0.2.1 ip4:192.0.2.2 -all"),
    spf(
        "spf-syntax",
        "ip4:192.0.2.0/255.255.255.0, ip4:mail.shop.example -all",
        "ip4:192.0.2.0/24 a:mail.shop.example -all",
    ),
    spf("spf-syntax", "include dns.example ip:192.0.2.1 -all.", "include:dns.example ip4:192.0.2.1 -all"),
    spf("spf-syntax", "mx redirect:dns.example", "mx redirect=dns.example"),
    spf("spf-syntax", "mx exp=e.dns.example exp=e.dns.example -all", "mx exp=e.dns.example -all"),
    spf("spf-syntax", "mx \\226\\128\\147all", "mx -all"),
    Mended(
        "spf-mangled",
        'lists TXT "v=spf1;mx:shop.example;-all;"',
        'lists TXT "v=spf1;mx:shop.example;-all;"',
        'lists TXT "v=spf1 mx:shop.example -all"',
    ),
    Mended(
        "dmarc-multiple",
        '_dmarc TXT "v=DMARC1; p=none"\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:d@shop.example"\n_dmarc TXT "x=1"',
        '_dmarc TXT "v=DMARC1; p=none"',
        "",
        ("_dmarc TXT",),
    ),
    Mended(
        "dmarc-multiple",  # receivers overlook the second one, and apply the first
        '_dmarc TXT "v=dmarc1; p=none"',
        '_dmarc TXT "v=dmarc1; p=none"',
        "",
    ),
    dmarc("dmarc-syntax", "v=DMARC1 p=none rua=a@b.example", "v=DMARC1; p=none; rua=mailto:a@b.example"),
    dmarc("dmarc-syntax", "v=DMARC1; rua=mailto:a@b.example", "v=DMARC1; p=none; rua=mailto:a@b.example"),
    dmarc("dmarc-syntax", "v=DMARC1\\; P=Nnoe\\; SP=none", "v=DMARC1; p=none"),
    dmarc("dmarc-syntax", "v=DMARC1; p=reject; pct=50%; adkim=strict; aspf=s", "v=DMARC1; p=reject; pct=50; aspf=s"),
    dmarc("dmarc-syntax", "v=DMARC1; p=none; SP=reject; NP:reject", "v=DMARC1; p=none"),
    dmarc("dmarc-syntax", "v=dmarc1; p=none; sp=none", "v=DMARC1; p=none; sp=none"),
    dmarc(
        "dmarc-syntax",
        "v=DMARC1; p=none; pct=50%; ri=daily; adkim=relaxed; np=off",
        "v=DMARC1; p=none; pct=50; adkim=r",
    ),
    dmarc(
        "dmarc-syntax",
        "v=DMARC1; p:none; fo=1,d; rua=mailto://a@b.example",
        "v=DMARC1; p=none; fo=1:d; rua=mailto:a@b.example",
    ),
    dmarc("dmarc-syntax", "v=DMARC1; p=none; note=by hand; fo=1; fo=1", "v=DMARC1; p=none; fo=1"),
    dmarc(
        "dmarc-syntax",
        "v=DMARC1; p=none; rua=mailto:a@b.example; mailto:c@d.example",
        "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example",
    ),
    dmarc(
        "dmarc-report-address",
        "v=DMARC1;p=none;rua=mailto: a@b.example,<c@d.example> x;fo=1",
        "v=DMARC1;p=none;rua=mailto:a@b.example,mailto:c@d.example;fo=1",
    ),
    Mended(
        "dmarc-misplaced",
        '*._report._dmarc TXT "v=DMARC1"\n@ TXT "v=DMARC1; p=none; fo=1"\n@ TXT "v=spf1 mx -all"',
        '@ TXT "v=DMARC1; p=none; fo=1"',
        '_dmarc TXT "v=DMARC1; p=none; fo=1"',
        BOTH,
    ),
    Mended("dkim-misplaced", f"google {RDATA}", f"google {RDATA}", f"google._domainkey {RDATA}"),
    Mended("dkim-misplaced", f"k1._odmainkey {RDATA}", f"k1._odmainkey {RDATA}", f"k1._domainkey {RDATA}"),
    Mended("dkim-misplaced", f"k1._omainkey.a {RDATA}", f"k1._omainkey.a {RDATA}", f"k1._domainkey.a {RDATA}"),
    Mended("dkim-misplaced", f"k1_{ENTRY}", f"k1_{ENTRY}", f"k1._{ENTRY}"),
    Mended(
        "dkim-multiple",
        f"k1._domainkey TXT {HALVES[1]}\nk1._domainkey TXT {HALVES[0]}",
        f"k1._domainkey TXT {HALVES[1]}\nk1._domainkey TXT {HALVES[0]}",
        f"k1._domainkey TXT {_strings(KEY)}",
    ),
    Mended(
        "dkim-multiple",
        f"k1._domainkey TXT {_strings(KEY)}\nk1._domainkey TXT {_strings(f'k=rsa; p={RSA_2048}')}",
        f"k1._domainkey TXT {_strings(f'k=rsa; p={RSA_2048}')}",
        "",
    ),
    dkim("dkim-syntax", f"v=DKIM1\\; k=RSA\\; p={RSA_2048}", f"v=DKIM1; k=rsa; p={RSA_2048}"),
    dkim("dkim-syntax", f'"v=dkim1 k=rsa t=s p={RSA_2048}"', f"v=DKIM1; k=rsa; t=s; p={RSA_2048}"),
    dkim("dkim-syntax", f"v=DKIM1; p=-----BEGIN PUBLIC KEY-----{RSA_2048}-----END PUBLIC KEY-----", KEY),
    dkim("dkim-syntax", f"v=DKIM1; k=rsa; p={ED25519.rstrip('=')}", f"v=DKIM1; k=ed25519; p={ED25519}"),
    dkim(
        "dkim-syntax",
        "v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEAcZXGaWtxMUkLimGrQterlsTMWo34YsuWivhxEH+m7Iw=",
        f"v=DKIM1; k=ed25519; p={ED25519}",
    ),
    dkim("dkim-syntax", f"{KEY}" * 2, KEY),
    dkim("dkim-syntax", f"v=DKIM1; k=ed25519; k=ed25519; p={ED25519}", f"v=DKIM1; k=ed25519; p={ED25519}"),
    dmarc("dmarc-syntax", "v=DMARC1; rua=mailto:a@b.example", "v=DMARC1; p=none; rua=mailto:a@b.example"),
    Mended("dkim-revoked", 'k1._domainkey TXT "v=DKIM1; p="', 'k1._domainkey TXT "v=DKIM1; p="', ""),
    dkim("dkim-sha1-only", f"v=DKIM1; h=sha1; p={RSA_2048}", KEY),
    dkim("dkim-testing", f"v=DKIM1; t=y:s; p={RSA_2048}", f"v=DKIM1; t=s; p={RSA_2048}"),
    dkim("dkim-testing", f"v=DKIM1;t=y;p={RSA_2048}", KEY),
    Mended("mail-without-spf", "", "", '@ TXT "v=spf1 mx ?all"', ("@ TXT",)),
    Mended("mail-without-spf", PUBLISHED, "", '@ TXT "v=spf1 include:_spf.google.com ?all"', ("@ TXT", "@ MX")),
    Mended("mail-without-dmarc", "", "", '_dmarc TXT "v=DMARC1; p=none"', ("_dmarc TXT",)),
    Mended("mta-sts-without-reports", STS, "", '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:dmarc@shop.example"'),
    text(
        "tls-report-syntax",
        "_smtp._tls",
        "v=tlsrpt1;rua=https://r.dns.example/tls,tls@shop.example",
        "v=TLSRPTv1; rua=https://r.dns.example/tls,mailto:tls@shop.example",
    ),
    Mended(
        "mail-policy-misplaced",
        '_tls._smtp TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
        '_tls._smtp TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
        '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
    ),
    Mended(
        "mail-policy-misplaced",
        '_tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
        '_tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
        '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
    ),
    text("bimi-syntax", "default._bimi", "v=bimi1, l=http://a.example/b.svg", "v=BIMI1; l=https://a.example/b.svg"),
]
CODES = {case.code for case in MENDED}


@pytest.mark.parametrize("case", MENDED, ids=[f"{case.code}-{number}" for number, case in enumerate(MENDED)])
def test_what_is_proposed_mends_that_finding_and_causes_no_other(case: Mended) -> None:
    records = records_of(case.lines, case.without)
    found = lint(records, ORIGIN)
    [edit] = [edit for edit in proposals(found, Zone(records, ORIGIN)) if _causes(edit.why, found) == {case.code}]
    assert (edit.lost, edit.new) == (_canonical(case.lost), _canonical(case.new))
    text, done = with_edits(to_text(records), [edit], ORIGIN)
    left = lint(from_text(text), ORIGIN)
    assert [edit.state for edit in done] == ["applied"]
    assert case.code not in {finding.code for finding in left}
    assert {(finding.code, finding.subject) for finding in left} <= {
        (finding.code, finding.subject) for finding in found
    }


def _causes(why: str, found: list[Finding]) -> set[str]:
    return {finding.code for finding in found if finding.message == why}


def _canonical(lines: str) -> list[str]:
    return [str(record) for record in read(f"{lines}\n", ORIGIN, default_ttl=3600).records] if lines else []


LEFT_TO_PEOPLE = [
    ("spf-multiple", '@ TXT "v=spf1 -ip4:192.0.2.1 -all"', ()),  # its place among the others matters
    ("spf-multiple", '@ TXT "v=spf1 redirect=dns.example"', ()),
    ("spf-multiple", '@ TXT "v=spf1 +all"', ()),
    ("spf-multiple", f'@ TXT "v=spf1 a {NINE} -all"', ()),  # together they need eleven lookups
    ("spf-include-missing", '@ TXT "v=spf1 include:_x.shop.example -all"', ("@ TXT",)),  # nobody would be left
    (
        "spf-loop",  # each of the two is the other's only way to its senders
        '@ TXT "v=spf1 mx include:_a.shop.example -all"\n_a TXT "v=spf1 ip4:192.0.2.9 include:shop.example -all"',
        ("@ TXT",),
    ),
    ("spf-void-lookup", '@ TXT "v=spf1 a:gone.shop.example -all"', ("@ TXT",)),
    ("spf-too-many-lookups", f'@ TXT "v=spf1 a mx {NINE} -all"', ("@ TXT",)),
    ("spf-syntax", '@ TXT "v=spf1 ip4:192.0.2.300 -all"', ("@ TXT",)),
    ("spf-mangled", '@ TXT "include:dns.example ~all"', ()),  # the record beside it has its end
    ("spf-syntax", '@ TXT "v=spf1 ip:192.0.2.1 all"', ("@ TXT",)),  # an error passes nobody, and this everybody
    ("spf-mangled", '@ TXT "spf1 mx ip4:0.0.0.0/0 -all"', ("@ TXT",)),
    ("spf-include-missing", '@ TXT "v=spf1 mx include:_x.shop.example +all"', ("@ TXT",)),
    ("dmarc-multiple", '_dmarc TXT "v=DMARC1; p=none"', ()),  # what the other one asks for has not counted so far
    ("dmarc-multiple", '_dmarc TXT "v=DMARC1; p=none"\n_dmarc TXT "v=DMARC1; p=rejct"', ("_dmarc TXT",)),
    ("dmarc-multiple", '_dmarc TXT "v=DMARC1"\n_dmarc TXT "v=DMARC1; p=none; sp=x"', ("_dmarc TXT",)),
    ("dmarc-syntax", '_dmarc TXT "v=DMARC1; p=reject; sp=off"', ("_dmarc TXT",)),
    ("dmarc-syntax", '_dmarc TXT "v=DMARC1; p=none; p=reject"', ("_dmarc TXT",)),
    *(
        ("dmarc-syntax", f'_dmarc TXT "{text}"', ("_dmarc TXT",))
        for text in (
            "v=DMARC1; p=rejct",
            "v=DMARC1; p=block; sp=reject",
            "v=dmarc1; p=reject",
            "v=DMARC1, p=quarantine",
            "v=DMARC1; rua=mailto:a@b.example; sp=reject",
            "v=DMARC1\\; P=Rejct",
        )
    ),
    ("dmarc-misplaced", '@ TXT "v=DMARC1; p=reject"', ("_dmarc TXT",)),
    ("dmarc-misplaced", '@ TXT "v=DMARC1; p=none; sp=reject"', ("_dmarc TXT",)),
    ("dmarc-syntax", '_dmarc.www TXT "v=dmarc1; p=none"', ()),  # the policy above counts so far
    ("dmarc-syntax", '_dmarc TXT "v=dmarc1; p=none"', ()),  # so does the sound one beside it
    ("dmarc-misplaced", 'dmarc.www TXT "v=DMARC1; p=none"', ()),
    ("dmarc-misplaced", '@ TXT "v=DMARC1; p=none"\n* TXT "v=DMARC1; p=reject"', ("_dmarc TXT", "mail A")),
    ("dmarc-syntax", '_dmarc TXT "v=DMARC1; p=none; ru=mailto:a@b.example"', ("_dmarc TXT",)),
    ("dmarc-report-address", '_dmarc TXT "v=DMARC1; p=none; rua=nobody"', ("_dmarc TXT",)),
    ("dkim-misplaced", f"_domainkey TXT {_strings(KEY)}", ()),  # the selector is not told
    ("dkim-multiple", f'k1._domainkey TXT {_strings(KEY)}\nk1._domainkey TXT "k=ed25519; p={ED25519}"', ()),
    ("dkim-syntax", f"k1._domainkey TXT {_strings(KEY[:300])}", ()),  # the rest of the key is not here
    ("dkim-syntax", f"k1._domainkey TXT {_strings(f'{KEY}; p={PKCS1_2048}')}", ()),  # which of two keys is meant
    ("dkim-revoked", f'k1._domainkey TXT "p="\n*._domainkey TXT {_strings(KEY)}', ()),  # it hides a key that works
    ("mail-without-spf", "@ MX 10 mx.dns.example.", ("@ TXT", "@ MX")),
    ("mail-without-dmarc", '_dmacr TXT "v=DMARC1; p=reject"', ("_dmarc TXT",)),
    ("mail-without-spf", "@ MX 10 smtp.google.com.\n@ MX 20 mail", ("@ TXT", "@ MX")),
    ("mta-sts-without-reports", f'{STS}\n_dmarc TXT "v=DMARC1; p=none; rua=mailto:d@b.example"', ("_dmarc TXT",)),
    ("mail-policy-misplaced", f"{STS.replace('_mta-sts', 'mta-sts')}\n_smtp._tls CNAME tls.dns.example.", ()),
    ("mail-policy-misplaced", 'sts TXT "v=STSv1; id=1"', ()),
    ("bimi-syntax", 'default._bimi TXT "v=BIMI1"', ()),
]


@pytest.mark.parametrize(
    ("code", "lines", "without"),
    LEFT_TO_PEOPLE,
    ids=[f"{case[0]}-{number}" for number, case in enumerate(LEFT_TO_PEOPLE)],
)
def test_what_only_a_person_knows_is_not_guessed(code: str, lines: str, without: tuple[str, ...]) -> None:
    records = records_of(lines, without)
    found = lint(records, ORIGIN)
    assert code in {finding.code for finding in found}
    assert [edit for edit in proposals(found, Zone(records, ORIGIN)) if code in _causes(edit.why, found)] == []


@pytest.mark.parametrize("origin", ["news.shop.example", "shop.co.de", "eu.shop.co.uk"])
@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("mail-without-dmarc", ""),
        ("dmarc-misplaced", '@ TXT "v=DMARC1; p=none"'),
        ("dmarc-syntax", '_dmarc TXT "v=dmarc1; p=none"'),
    ],
)
def test_a_domain_below_another_gets_no_policy_that_takes_the_place_of_the_others(
    origin: str, code: str, lines: str
) -> None:
    records = read(f"@ MX 10 mail\nmail A 192.0.2.25\n{lines}\n", origin, default_ttl=3600).records
    found = lint(records, origin)
    assert code in {finding.code for finding in found}
    assert [edit.subject for edit in proposals(found, Zone(records, origin)) if "_dmarc" in edit.after] == []


@pytest.mark.parametrize("origin", ["shop.co.uk", "shop.govt.nz"])
def test_a_domain_that_was_registered_below_a_public_suffix_gets_a_policy_of_its_own(origin: str) -> None:
    records = read("@ MX 10 mail\nmail A 192.0.2.25\n", origin, default_ttl=3600).records
    edits = proposals(lint(records, origin), Zone(records, origin))
    assert '_dmarc 3600 TXT "v=DMARC1; p=none"' in [line for edit in edits for line in edit.new]


def test_a_policy_that_receivers_find_and_can_not_read_is_mended_wherever_it_stands() -> None:
    records = records_of('_dmarc.www TXT "v=DMARC1; p=nome"')
    [edit] = proposals(lint(records, ORIGIN), Zone(records, ORIGIN))
    assert edit.new == ['_dmarc.www 3600 TXT "v=DMARC1; p=none"']

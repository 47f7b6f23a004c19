"""Whatever stands in mail records, they are judged, and what is proposed for them holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import judge
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.txt import encode
from sophia_infra.dns.zone.index import Zone
from tests.dns.lint.cases.case import ORIGIN, records_of
from tests.dns.lint.cases.dkim import ED25519, RSA_2048

OWNERS = (
    *("@", "_dmarc", "dmarc", "_dmarc.a", "k1._domainkey", "s1_domainkey", "google", "_mta-sts", "mta-sts"),
    *("_smtp._tls", "_tls", "default._bimi", "_bimi", "a", "*._report._dmarc", "*"),
)
PIECES = [
    *("v=spf1", "v=DMARC1", "v=DKIM1", "v=STSv1", "v=TLSRPTv1", "v=BIMI1", "spf1", "V=dmarc1", "v = dkim1"),
    *(" ", "  ", ";", "; ", ",", ":", "=", "/", "\\", '"', "\u201c", "\u2013", "%", "@", "!", ".", "-", "~", "+", "?"),
    *(
        "all",
        "-all",
        "~all",
        "include:",
        "include:_s.shop.example",
        "redirect=a.shop.example",
        "a",
        "mx",
        "ptr",
        "exists:%{i}.x",
    ),
    *(
        "ip4:",
        "ip4:192.0.2.1/",
        "ip6:2001:db8::/32",
        "192.0.2.1",
        "10.0.0.1",
        "/24",
        "//64",
        "255.255.255.0",
        "a:gone.shop.example",
    ),
    *(
        "p=",
        "p=none",
        "p=rejct",
        "sp=x",
        "pct=50%",
        "rua=",
        "mailto:",
        "a@b.example",
        "mailto:a@shop.example!1m",
        "fo=1",
        "adkim=strict",
    ),
    *(
        "k=rsa",
        "k=ed25519",
        "h=sha1",
        "t=y",
        "t=y:s",
        f"p={RSA_2048}",
        f"p={ED25519}",
        RSA_2048[:99],
        "-----BEGIN PUBLIC KEY-----",
    ),
    *("id=", "id=2026-01-01", "l=", "l=http://a.example/b.svg", "\u00a0", "\x00", "\u00fc"),
]
texts = st.builds(str.join, st.sampled_from(["", " ", "; ", ";", ", "]), st.lists(st.sampled_from(PIECES), max_size=9))
meant = st.builds("{}{}{}".format, st.sampled_from(PIECES[:9]), st.sampled_from([" ", "; ", ""]), texts)
records = st.lists(
    st.builds(lambda owner, text: Record(owner, 3600, "TXT", encode(text)), st.sampled_from(OWNERS), meant | texts),
    min_size=1,
    max_size=6,
    unique=True,
)


@settings(max_examples=60)
@given(records)
def test_mail_records_of_any_kind_are_judged_and_mended(drawn: list[Record]) -> None:
    zone = Zone([*records_of("", ("@ TXT", "_dmarc TXT")), *drawn], ORIGIN)
    found = judge(zone)
    edits = proposals(found, zone)
    text, done = with_edits(to_text(zone.records), edits, ORIGIN)
    assert {edit.state for edit in done} <= {"applied"}
    left = {(finding.code, finding.subject) for finding in judge(Zone(from_text(text), ORIGIN))}
    assert left <= {(finding.code, finding.subject) for finding in found}

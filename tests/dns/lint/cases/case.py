"""What a rule must say, and what it must not: two zones a case, each made of a clean frame and a few lines."""

from dataclasses import dataclass

from sophia_infra.advice.model import Finding
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import Record

ORIGIN = "shop.example"
FRAME = {
    "@ SOA": "@ 3600 SOA ns1 hostmaster 2026010100 7200 900 1209600 3600",
    "@ NS": "@ 3600 NS ns1\n@ 3600 NS ns2.dns.example.",
    "@ A": "@ 300 A 192.0.2.10",
    "@ AAAA": "@ 300 AAAA 2001:db8::10",
    "@ MX": "@ 3600 MX 10 mail",
    "@ TXT": '@ 3600 TXT "v=spf1 mx -all"',
    "_dmarc TXT": '_dmarc 3600 TXT "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example"',
    "www CNAME": "www 300 CNAME @",
    "mail A": "mail 300 A 192.0.2.25",
    "ns1 A": "ns1 3600 A 192.0.2.53",
}


@dataclass(frozen=True, slots=True)
class Case:
    """`bad` must cause exactly `finding` ("error @ MX"), `good` nothing; both stand in the frame, less `without`."""

    code: str
    finding: str
    bad: str
    good: str
    without: tuple[str, ...] = ()
    origin: str = ORIGIN
    beside: tuple[tuple[str, str], ...] = ()
    issuers: tuple[str, ...] = ()

    def judge(self, lines: str) -> list[Finding]:
        """Return the findings on `bad` or `good`, with what stands beside both."""
        beside = {origin: read(f"{zone}\n", origin, default_ttl=3600).records for origin, zone in self.beside}
        return lint(records_of(lines, self.without, self.origin), self.origin, beside=beside, issuers=self.issuers)


def judge(lines: str, without: tuple[str, ...] = (), origin: str = ORIGIN) -> list[Finding]:
    """Return the findings on the frame with these lines; the frame belongs to `ORIGIN` alone."""
    return lint(records_of(lines, without, origin), origin)


def records_of(lines: str, without: tuple[str, ...] = (), origin: str = ORIGIN) -> list[Record]:
    """Return the records of the frame with these lines."""
    frame = {subject: text for subject, text in FRAME.items() if subject not in without} if origin == ORIGIN else {}
    reading = read("\n".join([*frame.values(), lines, ""]), origin, default_ttl=3600)
    assert reading.problems == []
    return reading.records

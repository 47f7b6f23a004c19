from tests.dns.lint.cases.case import Case

POLICY = ("_dmarc TXT",)


def policy(code: str, level: str, bad: str, good: str) -> Case:
    """A case of two DMARC records of the domain."""
    return Case(code, f"{level} _dmarc TXT", f'_dmarc TXT "{bad}"', f'_dmarc TXT "{good}"', POLICY)


OTHER = '_dmarc TXT "verification=1"'
CASES = [
    Case("dmarc-multiple", "error _dmarc TXT", '_dmarc TXT "v=DMARC1; p=none"', OTHER),
    policy("dmarc-syntax", "error", "v=DMARC1", "v=DMARC1;p=none;"),
    policy("dmarc-syntax", "error", "p=none; v=DMARC1", "v=DMARC1; p=none"),
    policy("dmarc-syntax", "error", "v=dmarc1; p=none", "v = DMARC1 ; p = none"),
    policy("dmarc-syntax", "error", "v=DMARC1, p=none", "v=DMARC1; p=Reject"),
    policy("dmarc-syntax", "error", "v=DMARC1; p=monitor", "v=DMARC1; p=quarantine; np=reject"),
    policy("dmarc-syntax", "error", "v=DMARC1; p=none; sp=off", "v=DMARC1; p=none; sp=none"),
    policy("dmarc-syntax", "warning", "v=DMARC1; p=none; pct=101", "v=DMARC1; p=none; pct=100; fo=1:d:s; ri=3600"),
    policy("dmarc-syntax", "warning", "v=DMARC1; p=none; adkim=strict", "v=DMARC1; p=none; adkim=s; aspf=r"),
    policy(
        "dmarc-syntax",
        "warning",
        "v=DMARC1; p=none; rau=mailto:a@b.example",
        "v=DMARC1; p=none; rua=mailto:a@b.example",
    ),
    policy("dmarc-syntax", "warning", "v=DMARC1; rua=mailto:a@b.example", "v=DMARC1; p=none; rua=mailto:a@b.example"),
    policy("dmarc-syntax", "warning", "v=DMARC1; p=none; p=none", "v=DMARC1; p=none; t=y; psd=n"),
    policy(
        "dmarc-report-address",
        "warning",
        "v=DMARC1; p=none; rua=a@b.example",
        "v=DMARC1; p=none; rua=mailto:a@b.example!10m",
    ),
    policy(
        "dmarc-report-address",
        "warning",
        "v=DMARC1; p=none; ruf=mailto:a",
        "v=DMARC1; p=none; ruf=mailto:a@b.x, mailto:c@d.x",
    ),
    policy(
        "dmarc-report-address",
        "warning",
        "v=DMARC1; p=none; rua=mailto://a@b.example",
        "v=DMARC1; p=none; rua=mailto:a/b@b.example",
    ),
    Case("dmarc-misplaced", "error @ TXT", '@ TXT "v=DMARC1; p=none"', '_dmarc TXT "v=DMARC1; p=none"', POLICY),
    Case("dmarc-misplaced", "warning dmarc TXT", 'dmarc TXT "v=DMARC1; p=none"', 'policy TXT "v=DMARC1; p=none"'),
    Case("dmarc-misplaced", "error _dmrac.a TXT", '_dmrac.a TXT "v=DMARC1; p=none"', '_dmarc.a TXT "v=DMARC1; p=none"'),
    Case("dmarc-misplaced", "warning -dmarc TXT", '-dmarc TXT "v=DMARC1; p=none"', '_dmarc1 TXT "v=DMARC1; p=none"'),
    Case(
        "dmarc-misplaced",
        "error _dmarc._dmarc.a TXT",
        '_dmarc._dmarc.a TXT "v=DMARC1; p=none"',
        'b.example._report._dmarc TXT "v=DMARC1"',
    ),
    Case(
        "dmarc-misplaced",
        "error dmarc.mail TXT",
        'dmarc.mail TXT "v=DMARC1; p=none"',
        'dmarc.mail TXT "v=DMARC1; p=none"\n_dmarc.mail CNAME dmarc.mail',
    ),
    Case(
        "dmarc-report-unauthorized",
        "warning _dmarc TXT",
        '_dmarc TXT "v=DMARC1; p=none; rua=mailto:a@reports.test!10m"',
        '_dmarc TXT "v=DMARC1; p=none; rua=mailto:a@elsewhere.test,mailto:b@shop.example"',
        POLICY,
        beside=(("reports.test", 'other.example._report._dmarc TXT "v=DMARC1"'),),
    ),
    Case(
        "dmarc-report-unauthorized",
        "warning _dmarc.a TXT",
        '_dmarc.a TXT "v=DMARC1; p=none; ruf=mailto:a@reports.test"\n_dmarc CNAME d.dns.example.',
        '_dmarc TXT "v=DMARC1; p=none; ruf=mailto:a@reports.test"',
        POLICY,
        beside=(("reports.test", 'shop.example._report._dmarc TXT "v=DMARC1"'),),
    ),
]

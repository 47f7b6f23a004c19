from tests.dns.lint.cases.case import Case

STS_HOST = "mta-sts A 192.0.2.7\n_smtp._tls CNAME tls.dns.example.\n"
CASES = [
    Case("null-mx-with-others", "error lists MX", "lists MX 0 .\nlists MX 10 mail", "lists MX 0 ."),
    Case("mail-without-spf", "info @ TXT", "", '@ TXT "v=spf1 mx -all"', without=("@ TXT",)),
    Case("mail-without-spf", "info @ TXT", "@ MX 10 mail", "@ MX 0 .", without=("@ TXT", "@ MX")),
    Case("mail-without-dmarc", "info _dmarc TXT", "", "_dmarc CNAME _dmarc.dns.example.", without=("_dmarc TXT",)),
    Case(
        "mail-without-dmarc",
        "info _dmarc TXT",
        '_dmarc.www TXT "v=DMARC1; p=none"',
        '_dmarc TXT "v=DMARC1; p=none"',
        without=("_dmarc TXT", "www CNAME"),
    ),
    Case(
        "mail-without-dmarc",
        "info _dmarc TXT",
        '* A 192.0.2.7\n* TXT "v=spf1 -all"\n*._report._dmarc TXT "v=DMARC1"',
        '* A 192.0.2.7\n* TXT "v=DMARC1; p=none"',
        without=("_dmarc TXT",),
    ),
    Case(
        "mta-sts-syntax",
        "error _mta-sts TXT",
        STS_HOST + '_mta-sts TXT "v=STSv1; id=2026-01-01"',
        STS_HOST + '_mta-sts TXT "v=STSv1; id=20260101"',
    ),
    Case(
        "mta-sts-syntax",
        "error _mta-sts TXT",
        STS_HOST + '_mta-sts TXT "v=STSv1; id=1"\n_mta-sts TXT "v=STSv1; id=2"',
        STS_HOST + '_mta-sts TXT "v=STSv1; id=1;"\n_mta-sts TXT "verification=2"',
    ),
    Case(
        "mta-sts-syntax",
        "error _mta-sts TXT",
        STS_HOST + '_mta-sts TXT "V=stsv1; id=1"',
        STS_HOST + "_mta-sts CNAME sts.dns.example.",
    ),
    Case(
        "mta-sts-syntax",
        "error _mta-sts TXT",
        STS_HOST + '_mta-sts TXT "version: STSv1 mode: enforce max_age: 86400"',
        STS_HOST + '_mta-sts TXT "v=STSv1; id=1"\n_mta-sts TXT "version=1"',
    ),
    Case(
        "mta-sts-without-host",
        "warning _mta-sts TXT",
        '_mta-sts TXT "v=STSv1; id=1"\n_smtp._tls CNAME tls.dns.example.',
        STS_HOST + '_mta-sts TXT "v=STSv1; id=1"',
    ),
    Case(
        "mta-sts-without-host",
        "warning _mta-sts.a TXT",
        '_mta-sts.a TXT "v=STSv1; id=1"\n_smtp._tls.a CNAME tls.dns.example.\n_mta-sts CNAME sts.dns.example.\n'
        + STS_HOST,
        '_mta-sts.a TXT "v=STSv1; id=1"\n_smtp._tls.a CNAME tls.dns.example.\nmta-sts.a CNAME sts.dns.example.',
    ),
    Case("mta-sts-without-record", "info mta-sts A", "mta-sts A 192.0.2.7", "mta-sts2 A 192.0.2.7"),
    Case(
        "mta-sts-without-record",
        "info mta-sts A",
        "* A 192.0.2.7\nmta-sts A 192.0.2.7",
        "* CNAME www\nmta-sts A 192.0.2.7",
    ),
    Case(
        "mta-sts-without-record",
        "info mta-sts.a CNAME",
        "mta-sts.a CNAME sts.dns.example.",
        "mta-sts.a CNAME sts.dns.example.\n_mta-sts.a CNAME sts.dns.example.",
    ),
    Case(
        "mta-sts-without-reports",
        "info _smtp._tls TXT",
        'mta-sts A 192.0.2.7\n_mta-sts TXT "v=STSv1; id=1"',
        STS_HOST + '_mta-sts TXT "v=STSv1; id=1"',
    ),
    Case(
        "mta-sts-without-reports",
        "info _smtp._tls TXT",
        '* A 192.0.2.8\nmta-sts A 192.0.2.7\n_mta-sts TXT "v=STSv1; id=1"',
        '* A 192.0.2.8\n_mta-sts TXT "v=STSv1; id=1"\n' + STS_HOST,
    ),
    Case(
        "tls-report-syntax",
        "warning _smtp._tls TXT",
        '_smtp._tls TXT "v=TLSRPTv1; rua=tls@shop.example"',
        '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@shop.example,https://r.dns.example/tls"',
    ),
    Case(
        "tls-report-syntax",
        "warning _smtp._tls TXT",
        '_smtp._tls TXT "v=TLSRPT1; rua=mailto:tls@shop.example"',
        '_smtp._tls TXT "v=TLSRPTv1;rua=mailto:tls@shop.example"',
    ),
    Case(
        "mail-policy-misplaced",
        "error @ TXT",
        '@ TXT "v=STSv1; id=1"',
        'sts TXT "v=STSv1; id=1"\n_mta-sts.a CNAME sts\nmta-sts.a A 192.0.2.7',
    ),
    Case(
        "mail-policy-misplaced",
        "error smtp._tls TXT",
        'smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
        '_smtp._tls.a TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
    ),
    Case(
        "mail-policy-misplaced",
        "error _bimi TXT",
        '_bimi TXT "v=BIMI1; l=https://shop.example/l.svg"',
        'news._bimi.a TXT "v=BIMI1; l=https://shop.example/l.svg"',
    ),
]

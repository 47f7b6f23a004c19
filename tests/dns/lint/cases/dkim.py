from tests.dns.lint.cases.case import Case

RSA_512 = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANOPixzvUBczrCNt6ScLLwfxNpH0rC+yS+m3Sgh9/tKTKLAQ4QrAJLlt/7m/QAMjUmuz"
    "9ynwvdKTuChFX3Lc1PcCAwEAAQ=="
)
RSA_1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCnmNXwrD0egkPN1ptmYa7m+ww4uco3tj5jDwoqsULYk8JLtDLOreSJ1Q6vQ974"
    "V5DNWvuUc7FfQ/h8Mw6Zr8W/7o5GnoMHOsn2LqTdTVczsXllCy0WU4jzRyyjnyRNsJn1OoNZvFEsijWPfDZMo0iP0ftuQNi+E73Y"
    "36FMny+tSQIDAQAB"
)
RSA_2048 = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzCjPpZhb3BYZpAtWq2tXQBU3BQa6cgw7tah+UyJPrxpPg4/uxEDnzsJu"
    "YDpaqunLInec80xFk7eNw6UZvnwl3YhLyApETJx8BcyX3Q82YOEQ/XXChVCkd2j11tT5SJoFMAD56XBsxsUqghq2wOO3R7x6pZLo"
    "XO6mvW2z24CfXMpFs6cgAitwN4Ni4tXwbQrXa1YbLonEzieVoODKJHHFrj56qQBRoO2vEhSS1qiN2Cb4EkIJRCyF6vCXpMlUdGxu"
    "5EbXsq9DjpV+Ift2gBIKna3vvgNxWs411F67XLj1gDoTPlNuFxdnbFD0oMl6s59u3ExQHVg58blg2XYfhAhgUQIDAQAB"
)
PKCS1_2048 = (
    "MIIBCgKCAQEAzCjPpZhb3BYZpAtWq2tXQBU3BQa6cgw7tah+UyJPrxpPg4/uxEDnzsJuYDpaqunLInec80xFk7eNw6UZvnwl3YhL"
    "yApETJx8BcyX3Q82YOEQ/XXChVCkd2j11tT5SJoFMAD56XBsxsUqghq2wOO3R7x6pZLoXO6mvW2z24CfXMpFs6cgAitwN4Ni4tXw"
    "bQrXa1YbLonEzieVoODKJHHFrj56qQBRoO2vEhSS1qiN2Cb4EkIJRCyF6vCXpMlUdGxu5EbXsq9DjpV+Ift2gBIKna3vvgNxWs41"
    "1F67XLj1gDoTPlNuFxdnbFD0oMl6s59u3ExQHVg58blg2XYfhAhgUQIDAQAB"
)
ED25519 = "cZXGaWtxMUkLimGrQterlsTMWo34YsuWivhxEH+m7Iw="
# SEQUENCE { INTEGER 0, INTEGER 1 }: how a private key begins.
PRIVATE = "MAYCAQACAQE="


def key(code: str, level: str, bad: str, good: str) -> Case:
    """A case of two records of one selector."""
    return Case(code, f"{level} k1._domainkey TXT", _record(bad), _record(good))


def _record(text: str) -> str:
    strings = " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
    return f"k1._domainkey TXT {strings}"


GOOD = f"v=DKIM1; k=rsa; p={RSA_2048}"
CASES = [
    Case(
        "dkim-multiple",
        "warning k1._domainkey TXT",
        f"{_record(GOOD)}\n{_record(f'k=ed25519; p={ED25519}')}",
        f"{_record(GOOD)}\n{_record(f'k=ed25519; p={ED25519}').replace('k1', 'k2')}",
    ),
    key("dkim-syntax", "error", "v=DKIM1; k=rsa", GOOD),
    key("dkim-syntax", "error", f"k=rsa; v=DKIM1; p={RSA_2048}", f"p={RSA_2048}"),
    key("dkim-syntax", "error", f"v=dkim1; p={RSA_2048}", f"v=DKIM1;t=s;h=sha256;n=note;p={RSA_2048};"),
    key("dkim-syntax", "error", f"v=DKIM1; p={RSA_2048[:255]}", f"v=DKIM1; p={PKCS1_2048}"),
    key("dkim-syntax", "error", f"v=DKIM1; p={RSA_2048[:256]}", f"v=DKIM1; p={RSA_2048[:200]} {RSA_2048[200:]}"),
    key("dkim-syntax", "error", "v=DKIM1; p=MIIBIjANBg\u2026", GOOD),
    key("dkim-syntax", "error", f"v=DKIM1; k=dsa; p={RSA_2048}", f"v=DKIM1; k=ed25519; p={ED25519}"),
    key("dkim-syntax", "error", f"v=DKIM1; k=ed25519; p={RSA_2048}", f"k=ed25519; p={ED25519}"),
    key("dkim-syntax", "error", "v=DKIM1; p=MAMBAf8=", GOOD),
    key("dkim-syntax", "error", f"v=DKIM1; p={PRIVATE}", GOOD),
    key("dkim-syntax", "error", "v=DKIM1; p=-----BEGIN PRIVATE KEY-----", GOOD),
    key("dkim-syntax", "error", f"v=DKIM1; p={RSA_2048}; ----- DKIM key k1", f"v=DKIM1; p={RSA_2048}; x=any"),
    key("dkim-syntax", "error", f"v=DKIM1; k=ed25519;p={ED25519}" * 2, f"v=DKIM1; k=ed25519;p={ED25519}"),
    key("dkim-syntax", "error", f"v=DKIM1; k=ed25519; k=ed25519; p={ED25519}", f"v=DKIM1; k=ed25519; p={ED25519}"),
    key("dkim-syntax", "error", f"v=DKIM1; p={RSA_2048}; p={RSA_2048}", f"v=DKIM1; p={RSA_2048}"),
    key("dkim-weak-key", "error", f"v=DKIM1; p={RSA_512}", GOOD),
    key("dkim-weak-key", "info", f"v=DKIM1; p={RSA_1024}", GOOD),
    key("dkim-revoked", "info", "v=DKIM1; p=", GOOD),
    Case("dkim-revoked", "info k._domainkey TXT", 'k._domainkey TXT "p="', '*._domainkey TXT "v=DKIM1; p="'),
    key("dkim-testing", "info", f"v=DKIM1; t=y; p={RSA_2048}", f"v=DKIM1; t=s; p={RSA_2048}"),
    Case("dkim-misplaced", "error @ TXT", '@ TXT "v=DKIM1; p="', '_report._domainkey TXT "ra=dkim; rp=100"'),
    Case("dkim-misplaced", "error s_domainkey TXT", 's_domainkey TXT "v=DKIM1; p="', 's TXT "v=DKIM1; p="'),
    Case("dkim-misplaced", "error _domainkey TXT", '_domainkey TXT "v=DKIM1; p="', '_domainkey TXT "t=y; o=~"'),
    Case(
        "dkim-misplaced",
        "error k1.domainkey TXT",
        _record(GOOD).replace("_domainkey", "domainkey"),
        f"{_record(GOOD).replace('k1._domainkey', '_dkim')}\nk1._domainkey CNAME _dkim",
    ),
    Case(
        "dkim-misplaced",
        "error google TXT",
        _record(GOOD).replace("k1._domainkey", "google"),
        _record(GOOD).replace("k1._domainkey", "google") + "\ngoogle._domainkey CNAME google",
    ),
    Case(
        "dkim-misplaced",
        "warning autumn TXT",
        _record(GOOD).replace("k1._domainkey", "autumn") + "\n@ MX 10 mail\nmail A 8.8.4.4",
        _record(GOOD).replace("k1._domainkey", "autumn") + "\nk1._domainkey CNAME autumn\n@ MX 10 mail\nmail A 8.8.4.4",
    ),
    Case(
        "dkim-misplaced", "error @ TXT", _record(f"k=rsa; p={RSA_2048}").replace("k1._domainkey", "@"), '@ TXT "p=MI5"'
    ),
    key("dkim-sha1-only", "error", f"v=DKIM1; h=sha1; p={RSA_2048}", f"v=DKIM1; h=sha1:sha256; p={RSA_2048}"),
]

from tests.dns.lint.cases.case import Case


def caa(code: str, level: str, bad: str, good: str) -> Case:
    """A case of two CAA records at the apex."""
    return Case(code, f"{level} @ CAA", f"@ CAA {bad}", f"@ CAA {good}")


CASES = [
    caa("caa-tag-unknown", "error", '0 isue "letsencrypt.org"', '0 issue "letsencrypt.org"'),
    caa("caa-tag-unknown", "error", '128 issuewildcard "letsencrypt.org"', '128 issuewild "letsencrypt.org"'),
    caa("caa-tag-unknown", "error", '0 contact "mailto:ca@shop.example"', '0 contactemail "ca@shop.example"'),
    caa("caa-issuer-invalid", "error", '0 issue "https://letsencrypt.org"', '0 issue "letsencrypt.org"'),
    caa(
        "caa-issuer-invalid",
        "error",
        '0 issue "letsencrypt.org digicert.com"',
        '0 issue "letsencrypt.org; validationmethods=dns-01"',
    ),
    caa("caa-issuer-invalid", "error", '0 issue "letsencrypt"', '0 issue ";"'),
    caa("caa-issuer-invalid", "error", '0 issuewild "*.letsencrypt.org"', '0 issuewild ""'),
    caa(
        "caa-issuer-invalid",
        "error",
        '0 issue "ca.example; accounturi"',
        '0 issue "ca.example; accounturi=https://ca.example/1"',
    ),
    caa("caa-issuer-mistaken", "warning", '0 issue "letsencrypt.com"', '0 issue "letsencrypt.org"'),
    caa("caa-issuer-mistaken", "warning", '0 issuewild "google.com; a=b"', '0 issuewild "pki.goog; a=b"'),
    caa("caa-iodef-invalid", "warning", '0 iodef "ca@shop.example"', '0 iodef "mailto:ca@shop.example"'),
    caa("caa-issuer-misspelled", "warning", '0 issue "letsencypt.org"', '0 issue "letsencrypt.org"'),
    caa("caa-issuer-misspelled", "warning", '0 issuewild "digicret.com; a=b"', '0 issuewild "digicert.com; a=b"'),
    caa("caa-issuer-misspelled", "warning", '0 issue "sectigoo.com"', '0 issue "digicert.ne.jp"'),
    caa("caa-issuer-misspelled", "warning", '0 issue "letsencrypt.or"', '0 issue "le.example"'),
    caa("caa-flags", "info", '1 issue "letsencrypt.org"', '128 issue "letsencrypt.org"'),
    Case(
        "caa-forbids-issuer",
        "error @ CAA",
        '@ CAA 0 issue "digicert.com"',
        '@ CAA 0 issue "digicert.com"\n@ CAA 0 issue "letsencrypt.org; a=b"',
        issuers=("letsencrypt.org",),
    ),
    Case(
        "caa-forbids-issuer",
        "error @ CAA",
        '@ CAA 0 issue ";"',
        '@ CAA 0 issue ";"\nwww2 CAA 0 issuewild "letsencrypt.org"',
        issuers=("LetsEncrypt.org",),
    ),
    Case(
        "caa-forbids-issuer",
        "error @ CAA",
        '@ CAA 0 issue ";"\n@ CAA 0 issuewild "digicert.com"',
        '@ CAA 0 issuewild "digicert.com"',
        issuers=("letsencrypt.org",),
    ),
]

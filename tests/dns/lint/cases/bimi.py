from tests.dns.lint.cases.case import Case

LOGO = 'default._bimi TXT "v=BIMI1; l=https://shop.example/logo.svg; a="'
CASES = [
    Case("bimi-syntax", "warning default._bimi TXT", LOGO.replace(".svg", ".PNG"), LOGO.replace(".svg", ".png/1")),
    Case("bimi-syntax", "warning default._bimi TXT", LOGO.replace("https", "http"), LOGO),
    Case(
        "bimi-syntax", "warning default._bimi TXT", LOGO.replace("BIMI1;", "BIMI1,"), 'default._bimi TXT "v=BIMI1; l=;"'
    ),
    Case(
        "bimi-without-enforcement",
        "info default._bimi TXT",
        f'{LOGO}\n_dmarc TXT "v=DMARC1; p=none"',
        f'{LOGO}\n_dmarc TXT "v=DMARC1; p=quarantine"',
        without=("_dmarc TXT",),
    ),
]

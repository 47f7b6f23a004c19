from tests.dns.lint.cases.case import Case

TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"


def _set(count: int) -> str:
    return "\n".join(f'big TXT "{number:04}{"x" * 240}"' for number in range(count))


CASES = [
    Case("txt-quotes", "warning @ TXT", '@ TXT "\\"verification=1\\""', '@ TXT "say \\"verification=1\\""'),
    Case("txt-quotes", "warning @ TXT", '@ TXT "\\226\\128\\156verification=1"', '@ TXT "it\\226\\128\\153s fine"'),
    Case("txt-quotes", "warning @ TXT", '@ TXT "\u201cid=1\u201d"', '@ TXT "M\u00fcnchen \u201eB\u00fccher\u201c"'),
    Case("txt-quotes", "warning a TXT", 'a TXT "\\"x\\""', 'a TXT "\\"heritage=external-dns,external-dns/owner=x\\""'),
    Case("txt-set-too-large", "info big TXT", _set(17), _set(15)),
    Case("txt-set-too-large", "error big TXT", _set(300), _set(1)),
    Case("acme-challenge-stale", "info _acme-challenge TXT", f'_acme-challenge TXT "{TOKEN}"', f'_acme TXT "{TOKEN}"'),
    Case(
        "acme-challenge-stale",
        "info _acme-challenge.mail TXT",
        f'_acme-challenge.mail TXT "{TOKEN}"',
        "_acme-challenge.mail CNAME mail.acme.dns.example.",
    ),
]

"""TXT: lengths around 255, several strings, and every character that some format, shell or API trips over."""

from tests.dns.scenarios.model import Scenario, scenario


def text(*strings: str) -> str:
    """RDATA of these strings, escaped as RFC 1035 asks."""
    return " ".join('"' + one.replace("\\", "\\\\").replace('"', '\\"') + '"' for one in strings)


def _lengths() -> list[Scenario]:
    made = []
    for length in (1, 254, 255, 256, 509, 510, 511, 764, 765, 766):
        chunks = ["A" * len(part) for part in _cut("x" * length)]
        made.append(
            scenario(f"TXT of {length} octets", f"t TXT {text(*chunks)}\n", f"t TXT {text(*chunks[:-1], 'end')}\n")
        )
    return made


def _cut(whole: str) -> list[str]:
    return [whole[start : start + 255] for start in range(0, len(whole), 255)]


_TRICKY = {
    "single quote": "quo'te",
    "backtick": "blah`blah",
    "one double quote": 'in"side',
    "two double quotes": 'in"ter"ior',
    "double quote at the left": '"left',
    "double quote at the right": 'right"',
    "only double quotes": '""',
    "semicolon": "semi;colon",
    "semicolon in blanks": "semi ; colon",
    "blanks": "with  two   three",
    "blank at the right": "trailing ",
    "blank at the left": " leading",
    "one backslash": "1back\\slash",
    "two backslashes": "2back\\\\slash",
    "three backslashes": "3back\\\\\\slash",
    "backslash at the end": "end\\",
    "backslash and quote": 'back\\"quote',
    "backslash and digits": "\\065 is no A",
    "parentheses": "(a) b) (c",
    "dollar and at": "$ORIGIN @ $(id) ${x}",
    "comment marks": "# // /* -- <!-- ;",
    "percent": "%41 %s %%",
    "angle brackets and ampersand": "<a href='x'>&amp;</a>",
    "commas and equals": "a=b, c=d; e=f",
    "JSON": '{"a": ["b", null]}',
    "punctuation": "!^.*$@#%&()[]{}<>:-_=+|~?/",
    "SPF": "v=spf1 ip4:192.0.2.0/24 include:_spf.other.example -all",
    "DKIM": "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ==",
    "DMARC": "v=DMARC1; p=reject; rua=mailto:a@shop.example",
}


def _tricky() -> list[Scenario]:
    made = []
    for what, value in _TRICKY.items():
        held_by_all = '"' not in value and value.strip() == value
        steps = (f"t TXT {text(value)}\n", f"t TXT {text(value + 'x')}\n")
        made.append(scenario(f"TXT with {what}", *steps, not_on="" if held_by_all else "namecheap"))
    return made


TEXTS = [
    *_lengths(),
    *_tricky(),
    scenario("TXT", 't TXT "simple"\n', 't TXT "changed"\n', 't TXT "changed"\nt TXT "second"\n'),
    scenario("TXT of nothing", 't TXT ""\n', 't TXT "x"\n', not_on="namecheap cloudflare"),
    scenario("TXT of several strings", 't TXT "a" "b" "c"\n', 't TXT "a" "c"\n'),
    scenario(
        "TXT in octets that are no text",
        't TXT "\\000\\255\\128"\n',
        't TXT "\\195\\188"\n',
        not_on="namecheap",
    ),
    scenario("TXT in UTF-8", 't TXT "caf\\195\\169"\n', 't TXT "\\228\\184\\173"\n'),
    scenario("twenty TXT at one name", "".join(f't TXT "v{number}"\n' for number in range(20)), 't TXT "v7"\n'),
]

from tests.dns.lint.cases.case import Case

APEX = ("@ TXT",)


def apex(code: str, level: str, bad: str, good: str, more: str = "") -> Case:
    """A case of two SPF records at the apex, with further lines beside both."""
    return Case(code, f"{level} @ TXT", f'@ TXT "{bad}"\n{more}', f'@ TXT "{good}"\n{more}', APEX)


def syntax(bad: str, good: str) -> Case:
    return apex("spf-syntax", "error", f"v=spf1 {bad} -all", f"v=spf1 {good} -all")


TEN = " ".join(f"include:s{number}.dns.example" for number in range(10))
PART = '_a TXT "v=spf1 include:s1.dns.example include:s2.dns.example -all"\n'
CASES = [
    apex(
        "spf-multiple",
        "error",
        'v=spf1 mx -all"\n@ TXT "v=spf1 a -all',
        'v=spf1 mx -all"\n@ TXT "v=spf10 is something else',
    ),
    syntax("ip4:192.0.2.300", "ip4:192.0.2.30"),
    syntax("ip4:192.0.2.0/33", "ip4:192.0.2.0/24"),
    syntax("ip4:2001:db8::1", "ip6:2001:db8::1"),
    syntax("ip6:192.0.2.1", "ip6:2001:db8::/32"),
    syntax("ipv4:192.0.2.1", "ip4:192.0.2.1"),
    apex("spf-term-ignored", "error", "v=spf1 ip4=192.0.2.1 -all", "v=spf1 ip4:192.0.2.1 vendor=192.0.2.1 -all"),
    apex("spf-term-ignored", "error", "v=spf1 mx include=dns.example -all", "v=spf1 mx include:dns.example -all"),
    syntax("include", "include:dns.example"),
    syntax("include:", "include:_spf.dns.example."),
    syntax("include:dns", "exists:%{i}._spf.%{d2}"),
    syntax("exists:%{x}.dns.example", "exists:%{l1r-}.dns.example"),
    syntax("mx, a", "mx a"),
    syntax("a:mail.shop.example/33", "a:mail.shop.example/24//64"),
    syntax("include:a.exampleinclude:b.example", "include:a.example include:b.example"),
    syntax("include:dns.example-all", "include:dns.xn--p1ai"),
    syntax("+redirect=dns.example", "?a:dns.example"),
    syntax("exp=e.dns.example exp=e.dns.example", "exp=e.dns.example"),
    apex("spf-syntax", "error", "v=spf1 mx -all:x", "V=SPF1 MX -ALL"),
    apex(
        "spf-syntax", "error", 'v=spf1 include:a.example" "include:b.example -all', 'v=spf1 include:a.example" " -all'
    ),
    apex("spf-mangled", "error", " v=spf1 mx -all", "v=spf1 mx -all"),
    apex("spf-mangled", "error", '\\"v=spf1 mx -all\\"', 'v=spf1 mx -all"\n@ TXT "spf2.0/pra mx -all'),
    apex("spf-mangled", "error", "\\226\\128\\156v=spf1 mx -all\\226\\128\\157", "v=spf1 mx -all"),
    apex("spf-mangled", "error", "v=spf1; mx -all", "v=spf1  mx -all"),
    apex("spf-mangled", "error", "v=spf 1 mx -all", "v=spf1 mx -all"),
    apex("spf-mangled", "error", "spf1 mx -all", "v=spf1 mx -all"),
    apex("spf-mangled", "error", "IN TXT v=spf1 mx -all", "v=spf1 mx -all"),
    apex("spf-mangled", "error", "include:dns.example ~all", "v=spf1 include:dns.example ~all"),
    apex(
        "spf-mangled",
        "error",
        'v=spf1 redirect=dns.example"\n@ TXT "ip4:192.0.2.1 -all',
        'v=spf1 -all"\n@ TXT "include:everything, after all',
    ),
    apex("spf-mangled", "error", "v:spf1 mx ~all", 'v=spf1 mx -all"\n@ TXT "spf guide for all'),
    apex("spf-plus-all", "error", "v=spf1 mx +all", "v=spf1 mx ?all"),
    apex("spf-plus-all", "error", "v=spf1 mx all", "v=spf1 mx redirect=dns.example"),
    apex("spf-plus-all", "error", "v=spf1 ip4:0.0.0.0/0 -all", "v=spf1 ip4:192.0.2.0/24 -ip6:::/0 -all"),
    apex("spf-plus-all", "error", "v=spf1 a:dns.example/0 -all", "v=spf1 a:dns.example/1 -all"),
    apex("spf-private-only", "warning", "v=spf1 ip4:192.168.1.10 ip6:fd00::/8 ~all", "v=spf1 ip4:10.0.0.0/8 mx ~all"),
    apex("spf-private-only", "warning", "v=spf1 ip4:127.0.0.1 -all", "v=spf1 -ip4:10.0.0.1 -all"),
    Case("spf-private-only", "warning lists TXT", 'lists TXT "v=spf1 ip4:10.0.0.1 -all"', 'lists TXT "v=spf1 -all"'),
    apex("spf-no-all", "info", "v=spf1 mx", "v=spf1 mx ~all"),
    Case(
        "spf-no-all",
        "info lists TXT",
        'lists TXT "v=spf1 a:mail.shop.example"',
        '_spf TXT "v=spf1 a:mail.shop.example"',
    ),
    apex("spf-after-all", "warning", "v=spf1 mx -all include:dns.example", "v=spf1 include:dns.example mx -all"),
    apex("spf-after-all", "warning", "v=spf1 mx -all redirect=dns.example", "v=spf1 mx -all exp=dns.example"),
    apex("spf-ptr", "warning", "v=spf1 mx ptr -all", "v=spf1 mx -all"),
    Case(
        "spf-type-99",
        "warning lists SPF",
        'lists SPF "v=spf1 -all"',
        'lists SPF "v=spf1 -all"\nlists TXT "v=spf1 -all"',
    ),
    apex(
        "spf-include-missing",
        "error",
        "v=spf1 include:_x.shop.example -all",
        "v=spf1 include:_a.shop.example -all",
        PART,
    ),
    apex(
        "spf-include-missing", "error", "v=spf1 redirect=www.mail.shop.example", "v=spf1 redirect=_a.shop.example", PART
    ),
    apex(
        "spf-include-missing",
        "error",
        "v=spf1 include:_x.shop.example -all",
        "v=spf1 include:in.sub.shop.example include:_c.shop.example -all",
        "sub NS ns1.dns.example.\n_c CNAME _spf.dns.example.",
    ),
    apex("spf-loop", "error", "v=spf1 include:shop.example -all", "v=spf1 include:dns.example -all"),
    apex("spf-too-many-lookups", "error", f"v=spf1 mx {TEN} -all", f"v=spf1 {TEN} -all"),
    apex(
        "spf-too-many-lookups",
        "error",
        f"v=spf1 include:_a.shop.example {TEN.replace('include:s9.dns.example', '')} -all",
        "v=spf1 include:_a.shop.example include:s3.dns.example ip4:192.0.2.1 -all",
        PART,
    ),
    apex(
        "spf-void-lookup",
        "warning",
        "v=spf1 a:gone.shop.example -all",
        "v=spf1 a:www.shop.example a:mail.shop.example -all",
    ),
    apex(
        "spf-void-lookup", "warning", "v=spf1 mx:mail.shop.example -all", "v=spf1 mx:shop.example mx:dns.example -all"
    ),
    apex("spf-void-lookup", "error", "v=spf1 a:x.shop.example a:y.shop.example a:z.shop.example -all", "v=spf1 a -all"),
    Case(
        "spf-void-lookup",
        "warning lists TXT",
        'lists TXT "v=spf1 mx a:x.shop.example -all"',
        'lists TXT "v=spf1 a mx -all"',
    ),
    Case(
        "spf-loop",
        "error _s TXT",
        '_s TXT "v=spf1 include:_s.shop.example -all"',
        '_s TXT "v=spf1 include:_t.shop.example -all"\n_t TXT "v=spf1 -all"',
    ),
]

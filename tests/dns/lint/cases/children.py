from tests.dns.lint.cases.case import Case

KEY = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
# Made by dnspython of that key for sub.shop.example.
DS = "2371 13 2 636128a8347d1dcdaf1ffe59f02089432a8c1c5c1677812c6620a3286ff6d08d"
SUB = "sub.shop.example"
PARENT = "sub NS ns.sub\nsub NS ns2.dns.example.\n"
CHILD = "@ NS ns\n@ NS ns2.dns.example.\nns A 192.0.2.54"
GLUE = PARENT + "ns.sub A 192.0.2.54\n"


def beside(code: str, finding: str, bad: str, good: str, child: str = CHILD) -> Case:
    """A case of a parent zone with the zone below it at hand."""
    return Case(code, finding, bad, good, beside=((SUB, child),))


CASES = [
    beside("delegation-differs", "warning sub NS", GLUE + "sub NS ns3.dns.example.", GLUE),
    beside("delegation-differs", "warning sub NS", "sub NS ns2.dns.example.", "sub2 NS ns2.dns.example."),
    beside("glue-differs", "warning ns.sub A", PARENT + "ns.sub A 192.0.2.55", GLUE + "ns.sub AAAA 2001:db8::54"),
    beside("ds-matches-no-key", "error sub DS", GLUE + f"sub DS {DS}", GLUE),
    beside(
        "ds-matches-no-key",
        "error sub DS",
        GLUE + f"sub DS {DS.replace('6361', 'abcd')}",
        GLUE + f"sub DS {DS}",
        CHILD + f"\n@ DNSKEY 257 3 13 {KEY}",
    ),
    beside(
        "ds-matches-no-key",
        "error sub DS",
        GLUE + f"sub DS {DS.replace(' 13 ', ' 8 ')}",
        GLUE + f"sub DS {DS}",
        CHILD + f"\n@ DNSKEY 257 3 13 {KEY}",
    ),
]

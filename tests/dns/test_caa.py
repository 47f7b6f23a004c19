"""Whether CAA records let an order through: RFC 8659, RFC 8657, and the cases of the public CAA test suite."""

import pytest

from sophia_infra.dns.renewals.foretold import foretold
from sophia_infra.dns.rr.caa import Order, Refusal, property_of, refusal, relevant
from sophia_infra.dns.rr.record import Record, to_text
from sophia_infra.dns.zone.names import LazyNames
from sophia_infra.probes.addresses import Question

SUITE = "basic.caatestsuite.com"
DENY, OTHER = '0 issue "caatestsuite.com"', '0 issue "example.com"'
ZONE = {
    "empty": ['0 issue ";"'],
    "deny": [DENY],
    "uppercase-deny": ['0 ISSUE "caatestsuite.com"'],
    "mixedcase-deny": ['0 IsSuE "caatestsuite.com"'],
    "big": [DENY, *(f'0 issue "big{number}.caatestsuite.com"' for number in range(1000))],
    "critical1": ['128 caatestsuitedummyproperty "test"'],
    "critical2": ['130 caatestsuitedummyproperty "test"'],
    "deny-wild": [OTHER, '0 issuewild "caatestsuite.com"'],
    "permit": [OTHER],
    "deny.permit": [DENY],
    "xss": ['0 issue "<script>alert(1)</script>"'],
}
ALIASES = {"cname-deny": "deny", "cname-cname-deny": "cname-deny"}
DENIED = (
    *("empty", "deny", "uppercase-deny", "mixedcase-deny", "big", "critical1", "critical2", "sub1.deny"),
    *("sub2.sub1.deny", "*.deny", "*.deny-wild", "cname-deny", "cname-cname-deny", "sub1.cname-deny", "deny.permit"),
    "xss",
)
"""The deny tests of https://caatestsuite.com that rest on what the records say, all of them.

What the others show is a resolver's: `ipv6only` is asked at a name server that has IPv6 alone; `expired`, `missing`,
`servfail` and `refused` of caatestsuite-dnssec.com come as SERVFAIL, and `blackhole` late or never. `tests/tls`, in
test_preflight, has what is made of these answers.
"""
FOR_NOBODY = {"empty", "critical1", "critical2", "xss"}


def _zone() -> LazyNames:
    records = [Record(owner, 300, "CAA", rdata) for owner, values in ZONE.items() for rdata in values]
    records += [Record(owner, 300, "CNAME", f"{target}.{SUITE}.") for owner, target in ALIASES.items()]
    return LazyNames(to_text(sorted(records, key=lambda record: record.owner)), SUITE)


def _judged(name: str, issuer: str) -> Refusal | None:
    is_wildcard, name = name.startswith("*."), f"{name.removeprefix('*.')}.{SUITE}"

    def look(at: str) -> list[str]:
        found = foretold(_zone(), [Question(f"{at}.", "CAA")], is_whole=True)
        return next((answer.get("addresses", []) for answer in found.values()), [])

    return refusal(relevant(name, look)[1], Order(frozenset({issuer})), is_wildcard=is_wildcard)


@pytest.mark.parametrize("name", DENIED)
def test_the_public_test_suite_of_caa(name: str) -> None:
    assert _judged(name, "example.com") is not None
    assert (_judged(name, "caatestsuite.com") is not None) == (name in FOR_NOBODY)


@pytest.mark.parametrize("name", ["permit", "sub.permit", "deny-wild", "www", "*.permit"])
def test_what_the_suite_permits_is_permitted(name: str) -> None:
    assert _judged(name, "example.com") is None


CA = "ca.org"
ACCOUNT = "https://ca.org/acct/1"
OURS = Order(frozenset({CA}), "dns-01", ACCOUNT)
CASES = [
    ((), OURS, None),
    (('0 iodef "mailto:x@shop.org"',), OURS, None),
    (('0 issue "a.org"', '0 issue "ca.org"'), OURS, None),
    (('0 issue "CA.org; policy=ev"',), OURS, None),
    (('0 issue ""',), OURS, "allow nobody, not ca.org"),
    (('0 issue "ca.org; %%%%%"',), OURS, "allow nobody, not ca.org"),
    (('0 issue "a.org"', '0 issue "b.org"'), OURS, "allow a.org, b.org, not ca.org"),
    (('0 issue "ca.org"', '128 tbs "Unknown"'), OURS, "hold the critical tag 'tbs', which no CA knows"),
    (('0 issue "ca.org"', '0 tbs "Unknown"'), OURS, None),
    (('128 iodef "mailto:x@shop.org"', '0 issue "ca.org"'), OURS, None),
    # RFC 8657, with the examples of its section 3 and 4
    (('0 issue "ca.org; validationmethods=dns-01"',), OURS, None),
    (('0 issue "ca.org; validationmethods=http-01,dns-01"',), OURS, None),
    (('0 issue "ca.org; validationmethods=http-01"',), OURS, "allow ca.org to look by http-01, not dns-01"),
    (('0 issue "ca.org; validationmethods="',), OURS, "allow ca.org to look by nothing, not dns-01"),
    (('0 issue "ca.org; validationmethods=http-01"',), OURS._replace(method=""), None),
    ((f'0 issue "ca.org; accounturi={ACCOUNT}"',), OURS, None),
    ((f'0 issue "ca.org; accounturi={ACCOUNT}2"',), OURS, f"allow the account {ACCOUNT}2, not {ACCOUNT}"),
    ((f'0 issue "ca.org; accounturi={ACCOUNT}2"', '0 issue "ca.org"'), OURS, None),
    (
        (f'0 issue "ca.org; accounturi={ACCOUNT}; accounturi={ACCOUNT}"',),
        OURS,
        "say a parameter twice in one, which permits nobody",
    ),
    ((f'0 issue "ca.org; validationmethods=dns-01; accounturi={ACCOUNT}"',), OURS, None),
]


@pytest.mark.parametrize(("records", "order", "why"), CASES)
def test_records_let_an_order_through_or_say_why_not(records: tuple[str, ...], order: Order, why: str | None) -> None:
    found = refusal(map(property_of, records), order, is_wildcard=False)
    assert (found and found.why) == why
    assert not found or (found.is_sure and found.instead)


def test_an_account_that_is_not_known_yet_forbids_nothing_for_sure() -> None:
    records = [property_of(f'0 issue "ca.org; accounturi={ACCOUNT}"')]
    found = refusal(records, OURS._replace(account=""), is_wildcard=False)
    assert found
    assert (found.is_sure, found.instead) == (False, "with our account once it is known")


def test_issuewild_decides_on_wildcards_alone() -> None:
    records = [property_of('0 issuewild "b.org"')]
    assert refusal(records, OURS, is_wildcard=False) is None
    found = refusal(records, OURS, is_wildcard=True)
    assert found
    assert found.instead == 'with `0 issuewild "ca.org"`'

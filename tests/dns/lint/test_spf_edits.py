"""Edits to SPF take no sender away: whoever passed before passes after, and only errors become something else."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.edits import with_edits
from sophia_infra.dns.lint.edits import proposals
from sophia_infra.dns.lint.linter import lint
from sophia_infra.dns.reader import read
from sophia_infra.dns.rr.record import Record, from_text, to_text
from sophia_infra.dns.rr.txt import decode, encode
from sophia_infra.dns.spf.check import Result, check
from sophia_infra.dns.spf.message import Message
from sophia_infra.dns.spf.record import is_policy
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver

ORIGIN = "shop.example"
HOSTS = "mail A 192.0.2.1\nweb A 192.0.2.2\nweb AAAA 2001:db8::2\n@ A 192.0.2.3\n@ MX 10 mail\nbare TXT x"
SENDERS = [*(f"192.0.2.{number}" for number in range(1, 9)), "2001:db8::2", "198.51.100.1"]
ERRORS = {Result.PERMERROR, Result.TEMPERROR}
PARTS = [("_a", "v=spf1 ip4:192.0.2.6 -all"), ("_b", "v=spf1 ~ip4:192.0.2.7 a:mail.shop.example ?all")]
# Whose edit says more than before: senders of whom nobody said anything good may then ask for more than receivers look
# up.
LONGER = "spf-after-all"

LIVE = ("a", "mx", "a/31", "mx//64", "a:web.shop.example", "exists:mail.shop.example", "include:_a.shop.example")
IDLE = ("a:gone.shop.example", "mx:bare.shop.example", "exists:bare.shop.example", "include:lost.shop.example")
addresses = st.integers(4, 8).map("ip4:192.0.2.{}".format)
live = st.one_of(
    st.sampled_from(LIVE), st.sampled_from(["include:_a.shop.example", "include:_b.shop.example"]), addresses
)
idle = st.sampled_from([*IDLE, "include:shop.example", "include:web.shop.example"])
qualifiers = st.sampled_from(["", "", "", "", "+", "-", "~", "?"])
ends = st.sampled_from(
    ["-all", "-all", "~all", "?all", "", "~all mx", "all", "redirect=_b.shop.example", "redirect=lost.test"]
)


def policies(*terms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return SPF records of up to twelve of these terms, each with a qualifier, and an end."""
    words = st.lists(st.builds("{}{}".format, qualifiers, st.one_of(*terms)), max_size=12)
    return st.builds(lambda terms, end: " ".join(filter(None, ["v=spf1", *terms, end])), words, ends)


texts = st.tuples(st.sampled_from(["@", "_a", "_b", "web"]), policies(live, live, live, idle))


def zone_of(published: list[tuple[str, str]]) -> Zone:
    hosts = read(f"{HOSTS}\n", ORIGIN, default_ttl=300).records
    return Zone([*hosts, *(Record(owner, 300, "TXT", encode(policy)) for owner, policy in published)], ORIGIN)


def verdict(records: list[Record], domain: str, sender: str) -> Result:
    message = Message(ip_address(sender), "mail.elsewhere.test", f"a@{domain}", receiver="mx.test", at=1700000000)
    return check(message, ZoneResolver([Zone(records, ORIGIN)])).result


@settings(max_examples=50)
@given(st.lists(texts, min_size=1, max_size=4, unique_by=lambda term: term[0]))
def test_no_sender_fares_worse(published: list[tuple[str, str]]) -> None:
    zone = zone_of(published)
    found = lint(zone.records, ORIGIN)
    longer = {finding.message for finding in found if finding.code == LONGER}
    edits = [edit for edit in proposals(found, zone) if edit.subject.endswith(" TXT")]
    grown = any(edit.why in longer for edit in edits)
    text, done = with_edits(to_text(zone.records), edits, ORIGIN)
    assert {edit.state for edit in done} <= {"applied"}
    for owner in {owner for owner, _ in published}:
        domain = zone.absolute(owner)[:-1]
        for sender in SENDERS:
            before, after = (verdict(records, domain, sender) for records in (zone.records, from_text(text)))
            is_kept = before is Result.PASS or not (grown or before in ERRORS)
            assert not is_kept or after in {before, Result.PASS}, (owner, sender, edits)


def _is_v4(sender: str) -> bool:
    """Hosts without AAAA are void lookups to senders of IPv6 only, and together there may be too many of them."""
    return ":" not in sender


@settings(max_examples=50)
@given(st.lists(policies(addresses, live), min_size=2, max_size=3, unique=True))
def test_a_merged_record_passes_whom_each_of_several_passed(several: list[str]) -> None:
    zone = zone_of(PARTS + [("@", policy) for policy in several])
    found = lint(zone.records, ORIGIN)
    merging = {finding.message for finding in found if finding.code == "spf-multiple"}
    for edit in (edit for edit in proposals(found, zone) if edit.why in merging):
        text, _ = with_edits(to_text(zone.records), [edit], ORIGIN)
        [left] = [record for record in from_text(text) if record.owner == "@" and record.type == "TXT"]
        assert is_policy(decode(left.rdata))
        for sender in filter(_is_v4, SENDERS):
            alone = [verdict(zone_of([*PARTS, ("@", policy)]).records, ORIGIN, sender) for policy in several]
            merged = verdict(from_text(text), ORIGIN, sender)
            assert (merged is Result.PASS) == (Result.PASS in alone), (sender, edit)
            assert merged not in ERRORS


@pytest.mark.parametrize("later", ["gone A 192.0.2.9", "gone CNAME mail", "gone AAAA 2001:db8::9"])
def test_a_term_comes_back_once_the_program_has_what_it_asks_for(later: str) -> None:
    zone = zone_of([("web", f"v=spf1 mx:{ORIGIN} a:gone.{ORIGIN} -all")])
    edit = next(edit for edit in proposals(lint(zone.records, ORIGIN), zone) if edit.subject == "web TXT")
    grown = [*zone.records, *read(f"{later}\n", ORIGIN, default_ttl=300).records]
    states = [with_edits(to_text(records), [edit], ORIGIN)[1][0].state for records in (zone.records, grown)]
    assert states == ["applied", "rejected"]

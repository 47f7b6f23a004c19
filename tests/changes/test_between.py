"""What the exposure of a change must be: one line a case, old and new zone around the same frame."""

import pytest

from sophia_infra.changes import Changes, Exposure, Limits, between

ORIGIN = "shop.example"
FRAME = {
    "@ 3600 NS ns1.dns.example.",
    "@ 3600 NS ns2.dns.example.",
    "@ 300 A 192.0.2.1",
    "@ 300 AAAA 2001:db8::1",
    "@ 3600 MX 10 mail.shop.example.",
    '@ 3600 TXT "v=spf1 mx -all"',
    "* 300 A 192.0.2.9",
    '_dmarc 3600 TXT "v=DMARC1; p=none"',
    "app 300 A 192.0.2.5",
    "mail 300 A 192.0.2.3",
    "shop 300 CNAME app.shop.example.",
    "lone.sub 300 A 192.0.2.4",
    "sub 300 A 192.0.2.4",
    "www 300 CNAME shop.example.",
}
DS = "child 300 DS 60914 8 2 {}"


def text(lines: set[str]) -> str:
    def order(line: str) -> tuple[object, ...]:
        owner, _, kind, rdata = line.split(" ", 3)
        return ([] if owner == "@" else owner.split(".")[::-1]), kind, rdata

    return "".join(f"{line}\n" for line in sorted(lines, key=order))


def change(remove: set[str] = frozenset(), add: set[str] = frozenset(), base: set[str] = frozenset()) -> Changes:  # type: ignore[assignment]  # a frozenset serves as an empty default
    old = FRAME | base
    assert remove <= old, "the case removes what is not there"
    return between(text(old), text(old - remove | add), origin=ORIGIN, previous=text(old))


MANY = {f"pool 300 A 198.51.100.{number}" for number in range(40)}

CRITICAL = {
    "apex MX deleted": change({"@ 3600 MX 10 mail.shop.example."}),
    "apex MX becomes null": change({"@ 3600 MX 10 mail.shop.example."}, {"@ 3600 MX 0 ."}),
    "apex loses its IPv4 address": change({"@ 300 A 192.0.2.1"}),
    "apex NS deleted": change({"@ 3600 NS ns1.dns.example.", "@ 3600 NS ns2.dns.example."}),
    "apex NS replaced without overlap": change(
        {"@ 3600 NS ns1.dns.example.", "@ 3600 NS ns2.dns.example."}, {"@ 3600 NS a.example.", "@ 3600 NS b.example."}
    ),
    "one name server left": change({"@ 3600 NS ns1.dns.example."}),
    "www deleted": change({"www 300 CNAME shop.example.", "* 300 A 192.0.2.9"}),
    "wildcard deleted": change({"* 300 A 192.0.2.9"}),
    "address that an alias points at": change({"app 300 A 192.0.2.5", "* 300 A 192.0.2.9"}),
    "address that MX points at": change({"mail 300 A 192.0.2.3", "* 300 A 192.0.2.9"}, {"*.mail 60 A 192.0.2.3"}),
    "SPF of a domain with mail": change({'@ 3600 TXT "v=spf1 mx -all"'}),
    "all of forty addresses": change(MANY | {"* 300 A 192.0.2.9"}, base=MANY),
    "most of forty addresses": change(MANY - {"pool 300 A 198.51.100.1"}, base=MANY),
    "delegation over existing names": change(add={"sub 300 NS ns1.dns.example."}),
    "DNAME over existing names": change({"sub 300 A 192.0.2.4"}, {"sub 300 DNAME other.example."}),
}
PASSING = {
    "new host": change(add={"new 300 A 192.0.2.77"}),
    "leaf host retired": change({"lone.sub 300 A 192.0.2.4"}),
    "alias moved with its host": change(
        {"app 300 A 192.0.2.5", "shop 300 CNAME app.shop.example."}, {"shop 300 CNAME mail.shop.example."}
    ),
    "web server moved": change({"@ 300 A 192.0.2.1"}, {"@ 300 A 192.0.2.2"}),
    "mail moved to another provider": change(
        {"@ 3600 MX 10 mail.shop.example."}, {"@ 3600 MX 1 mx1.mail.example.", "@ 3600 MX 5 mx2.mail.example."}
    ),
    "name server added": change(add={"@ 3600 NS ns3.dns.example."}),
    "SPF sender added": change({'@ 3600 TXT "v=spf1 mx -all"'}, {'@ 3600 TXT "v=spf1 mx include:x.example -all"'}),
    "IPv6 withdrawn": change({"@ 300 AAAA 2001:db8::1"}),
    "www from alias to address": change({"www 300 CNAME shop.example."}, {"www 300 A 192.0.2.1"}),
    "delegation with glue": change(add={"child 300 NS ns.child.shop.example.", "ns.child 300 A 192.0.2.8"}),
    "key rollover at a delegation": change(
        {DS.format("AA")}, {DS.format("BB")}, base={DS.format("AA"), "child 300 NS ns.dns.example."}
    ),
    "one of forty addresses": change({"pool 300 A 198.51.100.1"}, base=MANY),
    "half of two addresses": change({"duo 300 A 192.0.2.1"}, base={"duo 300 A 192.0.2.1", "duo 300 A 192.0.2.2"}),
    "whole zone with a shorter TTL": between(
        text(FRAME), text({line.replace(" 3600 ", " 300 ") for line in FRAME}), origin=ORIGIN, previous=text(FRAME)
    ),
}


@pytest.mark.parametrize("case", CRITICAL)
def test_what_breaks_a_domain_is_critical_and_stopped_by_the_default_limits(case: str) -> None:
    assert CRITICAL[case].exposure is Exposure.CRITICAL
    assert Limits().judge(CRITICAL[case])


@pytest.mark.parametrize("case", PASSING)
def test_ordinary_work_passes_the_default_limits(case: str) -> None:
    assert PASSING[case].reasons
    assert Limits().judge(PASSING[case]) == ()


def test_no_difference_is_no_change_of_no_exposure() -> None:
    nothing = change()
    assert not nothing
    assert nothing.exposure is Exposure.NONE
    assert (nothing.before, nothing.after, nothing.source) == (13, 13, (13, 13))


def test_counts_are_record_sets_not_records() -> None:
    counted = change(MANY, {"new 300 A 192.0.2.7", "new 300 A 192.0.2.8"}, base=MANY)
    assert (counted.creates, counted.updates, counted.deletes, counted.before, counted.after) == (1, 0, 1, 14, 14)


def test_an_emptied_zone_is_critical_even_where_the_frame_stays() -> None:
    frame = {line for line in FRAME if " NS " in line}
    emptied = between(text(FRAME), text(frame), origin=ORIGIN)
    assert "critical @ ANY delete: the zone is emptied" in emptied.reasons


def test_a_source_that_vanished_is_critical_though_the_live_zone_is_bare() -> None:
    assert between("", "", origin=ORIGIN, previous=text(FRAME)).exposure is Exposure.CRITICAL


def test_a_wildcard_keeps_a_name_alive_and_the_deletion_ordinary() -> None:
    assert change({"app 300 A 192.0.2.5"}).exposure < Exposure.CRITICAL


def test_a_long_ttl_raises_a_small_change_and_says_how_long_a_mistake_stays() -> None:
    slow = change(add={"new 172800 A 192.0.2.77"})
    assert slow.exposure is Exposure.MEDIUM
    assert "48 hours" in slow.reasons[0]


def test_a_protected_name_is_critical_to_delete_and_free_to_update() -> None:
    old, new = text(FRAME), text(FRAME - {"sub 300 A 192.0.2.4"})
    assert between(old, new, origin=ORIGIN, protect=["sub"]).exposure is Exposure.CRITICAL
    moved = text(FRAME - {"sub 300 A 192.0.2.4"} | {"sub 300 A 192.0.2.40"})
    assert between(old, moved, origin=ORIGIN, protect=["sub"]).exposure < Exposure.CRITICAL


def test_at_most_twenty_reasons_are_named_worst_first_and_the_rest_counted() -> None:
    added = {f"n{number} 300 A 192.0.2.1" for number in range(30)}
    reasons = change({"@ 3600 MX 10 mail.shop.example."}, added).reasons
    assert len(reasons) == 21
    assert reasons[0].startswith("critical @ MX delete")
    assert reasons[-1] == "and 11 more"


def test_changes_survive_the_way_through_a_resources_inputs() -> None:
    there = CRITICAL["apex MX deleted"]
    assert Changes.from_inputs(there.as_inputs()) == there


def test_the_base_is_the_hash_of_the_live_state() -> None:
    assert change().base == between(text(FRAME), "", origin=ORIGIN).base != between("", "", origin=ORIGIN).base


def test_the_soa_counts_on_neither_side() -> None:
    soa = "@ 3600 SOA ns1.dns.example. h.shop.example. 1 7200 900 1209600 300\n"
    assert between("", soa + "a 60 A 192.0.2.1\n", origin=ORIGIN).after == 1
    assert between(soa, "a 60 A 192.0.2.1\n", origin=ORIGIN).before == 0


def test_a_new_zone_is_of_no_great_exposure_since_nothing_hangs_on_it_yet() -> None:
    assert between("", text(FRAME), origin=ORIGIN).exposure is Exposure.MEDIUM

"""What `between` must say of a change as a whole; what each record set weighs is in test_exposure."""

from dataclasses import replace

import pytest

from sophia_infra.changes import Changes, Exposure, Limits
from sophia_infra.dns.exposure import between
from tests.dns.exposure.shop import FRAME, ORIGIN, change, text

DS = "child 300 DS 60914 8 2 {}"
NS1, SOA = "@ 3600 NS ns1.dns.example.", "@ 3600 SOA ns1.dns.example. h.shop.example. 1 7200 900 1209600 60"


MANY = {f"pool 300 A 198.51.100.{number}" for number in range(40)}

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
    moved = change({"lone.sub 300 A 192.0.2.4"}, {"lone.sub 600 CNAME cdn.example."}, pending=["late A"])
    there = replace(moved, accepted=("lone.sub A",))
    assert (there.type_changes, there.pending) == (1, ("late A",))
    assert Changes.from_inputs(there.as_inputs()) == there


def test_changes_of_a_release_without_type_changes_and_overrides_can_be_read() -> None:
    older = change().as_inputs()
    del older["type_changes"], older["accepted"]
    assert Changes.from_inputs(older) == change()


def test_the_base_is_the_hash_of_the_live_state() -> None:
    assert change().base == between(text(FRAME), "", origin=ORIGIN).base != between("", "", origin=ORIGIN).base


def test_the_soa_counts_on_neither_side() -> None:
    soa = "@ 3600 SOA ns1.dns.example. h.shop.example. 1 7200 900 1209600 300\n"
    assert between("", soa + "a 60 A 192.0.2.1\n", origin=ORIGIN).after == 1
    assert between(soa, "a 60 A 192.0.2.1\n", origin=ORIGIN).before == 0


GRAVE = {
    '@ 300 CAA 0 issue ";"',
    '@ 3600 TXT "v=spf1 -all"',
    "@ 300 DNSKEY 257 3 8 AwEA",
    "child 86401 NS ns.dns.example.",
    "old.child 300 CNAME validation.example.",
    "tree 300 DNAME tree.example.",
}


@pytest.mark.parametrize("frame", ["", f"{SOA}\n{NS1}\n"])
def test_what_is_created_in_a_zone_that_is_not_in_service_is_low_whatever_it_is(frame: str) -> None:
    wanted = {SOA, NS1, *(line for line in FRAME if " NS " not in line), *GRAVE}
    new = between(frame, text(wanted), origin=ORIGIN)
    assert new.exposure is Exposure.LOW
    (reason,) = new.reasons
    assert reason.startswith("low @ ANY create: the zone is not in service")


def test_what_is_live_in_a_zone_that_is_not_in_service_weighs_as_ever() -> None:
    other = f"{SOA}\n@ 3600 NS ns9.dns.example.\n"
    assert between(f"{SOA}\n{NS1}\n", other, origin=ORIGIN).exposure is Exposure.CRITICAL


def test_a_part_is_in_service_with_the_zone_that_it_is_of() -> None:
    caa, frame, shop = '@ 300 CAA 0 issue ";"\n', f"{SOA}\n{NS1}\n", "shop 300 A 192.0.2.5\n"
    part = between("", caa, origin=ORIGIN, whole=frame + caa, live=frame)
    assert part.exposure is Exposure.LOW
    assert between("", caa, origin=ORIGIN, whole=frame + caa + shop, live=frame + shop).exposure is Exposure.HIGH


@pytest.mark.parametrize("cut", ["child 300 NS ns.dns.example.", "child 300 DNAME tree.example."])
def test_a_cut_hides_the_names_that_are_live_and_none_that_come_with_it(cut: str) -> None:
    below = "old.child 300 CNAME validation.example."
    assert change(add={cut, below}).exposure < Exposure.CRITICAL
    assert change(add={cut}, base={below}).exposure is Exposure.CRITICAL
    assert change(add={cut}, remove={below}, base={below}).exposure < Exposure.CRITICAL


def test_a_cut_hides_names_that_somebody_else_manages_as_well() -> None:
    cut, below = "child 300 NS ns.dns.example.\n", "old.child 300 CNAME validation.example.\n"
    hidden = between("", cut, origin=ORIGIN, whole=cut + below, live=below)
    assert hidden.reasons == ("critical child NS create: the new delegation hides 1 existing names at or below it",)


def test_what_somebody_else_manages_in_the_zone_may_depend_on_what_changes() -> None:
    app, kept, foreign = "app 300 A 192.0.2.5\n", "kept 300 A 192.0.2.6\n", "shop 300 CNAME app.shop.example.\n"
    assert between(app + kept, kept, origin=ORIGIN).exposure is Exposure.MEDIUM
    assert between(app + kept, kept, origin=ORIGIN, whole=kept + foreign).exposure is Exposure.CRITICAL


def test_the_last_record_of_a_part_may_be_taken_out_while_the_zone_stays() -> None:
    stall, foreign = "stall 300 A 192.0.2.5\n", "@ 3600 NS ns1.dns.example.\nmail 60 A 192.0.2.1\n"
    assert between(stall, "", origin=ORIGIN, previous=stall, whole=foreign).exposure is Exposure.MEDIUM
    frame = foreign.splitlines(keepends=True)[0]
    assert between(stall, "", origin=ORIGIN, previous=stall, whole=frame).exposure is Exposure.CRITICAL


def test_a_large_part_whose_source_vanished_is_stopped_though_the_zone_stays() -> None:
    part, foreign = text({f"n{number} 300 A 192.0.2.1" for number in range(12)}), "mail 60 A 192.0.2.1\n"
    assert between(part, "", origin=ORIGIN, previous=part, whole=foreign).exposure is Exposure.CRITICAL


def test_what_is_pending_is_named_in_order() -> None:
    assert change(pending=["b A", "a A"]).pending == ("a A", "b A")

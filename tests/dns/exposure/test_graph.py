"""What the graph of a zone answers, against a slow reference that looks at every record each time."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.exposure import count_sets
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.rr.record import Record, to_text

UNHURRIED = settings(deadline=None)
ORIGIN = "z.example"
OWNERS = ["@", "a", "x.a", "y.x.a", r"a\.b", r"c.a\.b", "b", "c.b", r"z\.b", "*", "*.a", "*.x.a", "www"]
ASKED = [*OWNERS, "new", "new.a", "new.b", "new.new.x.a"]
TARGETS = ["z.example.", "a.z.example.", "x.a.z.example.", r"a\.b.z.example.", "notz.example.", "other.example."]
DATA = {
    "A": "192.0.2.1",
    "AAAA": "2001:db8::1",
    "ALIAS": "{}",
    "CNAME": "{}",
    "DNAME": "{}",
    "DS": "1 8 2 AB",
    "HTTPS": '1 {} alpn="h2"',
    "MX": "10 {}",
    "NS": "{}",
    "SRV": "0 0 443 {}",
    "SVCB": "1 {}",
    "TXT": '"see HTTPS 1 {}"',
}
POINTING = DATA.keys() - {"A", "AAAA", "DS", "TXT"}
SOA = Record("@", 3600, "SOA", "ns.z.example. root.z.example. 1 2 3 4 5")


def zones(kinds: set[str] = set(DATA)) -> st.SearchStrategy[list[Record]]:  # noqa: B006  # never changed
    return st.lists(
        st.builds(
            lambda owner, ttl, kind, target: Record(owner, ttl, kind, DATA[kind].format(target)),
            st.sampled_from(OWNERS),
            st.sampled_from([60, 300]),
            st.sampled_from(sorted(kinds)),
            st.sampled_from(TARGETS),
        ),
        max_size=12,
    )


def labels(owner: str) -> list[str]:
    return [] if owner == "@" else re.split(r"(?<!\\)\.", owner)


def is_below(name: str, owner: str) -> bool:
    return name != owner and labels(name)[len(labels(name)) - len(labels(owner)) :] == labels(owner)


def types(zone: list[Record], owner: str) -> set[str]:
    return {record.type for record in zone if record.owner == owner}


def ancestors(owner: str) -> list[str]:
    return [".".join(labels(owner)[cut:]) or "@" for cut in range(1, len(labels(owner)) + 1)]


def cut(zone: list[Record], owner: str) -> set[str]:
    found = (types(zone, name) & ({"DNAME"} if name == "@" else {"NS", "DNAME"}) for name in ancestors(owner))
    return next(filter(None, found), set())


def answered(zone: list[Record], owner: str) -> set[str]:
    """RFC 1034 section 4.3.2, with RFC 4592 and RFC 6672."""
    if cuts := cut(zone, owner):
        return cuts
    if owner == "@":
        return types(zone, "@") - {"NS"}
    for name in (owner, *ancestors(owner)):
        if name == "@" or any(record.owner == name or is_below(record.owner, name) for record in zone):
            wildcard = "*" if name == "@" else f"*.{name}"
            return types(zone, owner if name == owner else wildcard)
    raise AssertionError("the apex encloses every name")


def source(zone: list[Record], owner: str) -> str:
    """Whose records answer for a name: its own, or those of the wildcard below the nearest name that exists."""
    for name in (owner, *ancestors(owner)):
        if name == "@" or any(record.owner == name or is_below(record.owner, name) for record in zone):
            return owner if name == owner else "*" if name == "@" else f"*.{name}"
    raise AssertionError("the apex encloses every name")


def arrives(zone: list[Record], owner: str, kinds: set[str], seen: tuple[str, ...] = ()) -> bool:
    met = answered(zone, owner)
    if met & kinds or owner in seen:
        return bool(met & kinds)
    aliases = [r for r in zone if r.owner == source(zone, owner) and r.type in met & {"CNAME", "ALIAS"}]
    targets = [record.rdata for record in aliases]
    inside = [target.removesuffix("z.example.").removesuffix(".") or "@" for target in targets if is_inside(target)]
    return len(inside) < len(targets) or any(arrives(zone, name, kinds, (*seen, owner)) for name in inside)


def looked_up(zone: list[Record], owner: str, seen: tuple[str, ...] = ()) -> set[str] | None:
    """The texts that a query meets; None where another zone answers."""
    if owner in seen:
        return set()
    if cut(zone, owner) or "NS" in answered(zone, owner):
        return None
    here = [record for record in zone if record.owner == source(zone, owner)]
    if texts := {record.rdata for record in here if record.type == "TXT"}:
        return texts
    targets = [record.rdata for record in here if record.type == "CNAME"]
    if not all(map(is_inside, targets)):
        return None
    names = [target.removesuffix("z.example.").removesuffix(".") or "@" for target in targets]
    found = [looked_up(zone, name, (*seen, owner)) for name in names]
    return None if None in found else set().union(*filter(None, found))


def is_inside(target: str) -> bool:
    return target == "z.example." or target.endswith(".z.example.")


def users(zone: list[Record], owner: str) -> set[str]:
    name = "z.example." if owner == "@" else f"{owner}.z.example."
    return {
        record.subject
        for record in zone
        if record.type in POINTING and name in record.rdata.split(" ") and record.owner != owner
    }


@UNHURRIED
@given(zones(), st.booleans())
def test_every_record_set_is_counted_once_and_the_soa_is_not(zone: list[Record], with_soa: bool) -> None:
    soa = [SOA] if with_soa else []
    assert count_sets(to_text(soa + zone)) == len({record.subject for record in zone})


@UNHURRIED
@given(zones())
def test_users_are_the_record_sets_whose_target_is_the_name(zone: list[Record]) -> None:
    graph = Graph(to_text(zone), ORIGIN)
    for owner in ASKED:
        assert len(graph.users(owner)) == len(users(zone, owner))
        assert set(graph.users(owner)) == users(zone, owner)


@UNHURRIED
@given(zones())
def test_a_set_is_found_wherever_it_stands_and_nowhere_else(zone: list[Record]) -> None:
    graph = Graph(to_text(zone), ORIGIN)
    held = {(record.owner, record.type) for record in zone}
    assert {(owner, kind) for owner in ASKED for kind in DATA if graph.has(owner, kind)} == held


@UNHURRIED
@given(zones())
def test_a_name_leads_where_a_name_server_would_answer(zone: list[Record]) -> None:
    graph = Graph(to_text(zone), ORIGIN)
    for owner in ASKED:
        assert graph.leads_somewhere(owner) == arrives(zone, owner, {"A", "AAAA", "DNAME", "NS"})
        assert graph.reachable_by_ipv4(owner) == arrives(zone, owner, {"A", "DNAME", "NS"})


@UNHURRIED
@given(zones({"CNAME", "TXT", "NS", "DNAME"}))
def test_a_text_is_looked_up_as_a_name_server_would_answer(zone: list[Record]) -> None:
    single = [one for one in zone if one.type != "CNAME" or sum(one.subject == other.subject for other in zone) == 1]
    graph = Graph(to_text(single), ORIGIN)
    for owner in ASKED:
        found = graph.looked_up(owner, "TXT")
        assert (found if found is None else set(found)) == looked_up(single, owner)


@UNHURRIED
@given(zones({"A", "ALIAS", "NS", "TXT"}))
def test_a_name_is_covered_that_a_wildcard_s_address_answers_for(zone: list[Record]) -> None:
    graph = Graph(to_text(zone), ORIGIN)
    for owner in ASKED:
        hosts = answered(zone, owner) & {"A", "ALIAS"}
        assert graph.is_covered(owner) == bool(hosts and source(zone, owner) != owner)


@UNHURRIED
@given(zones({"A", "NS", "DS", "TXT"}))
def test_names_below_are_all_below_and_at_the_owner_but_glue_and_the_cut_itself(zone: list[Record]) -> None:
    graph = Graph(to_text(zone), ORIGIN, base=to_text(zone))
    for owner in ASKED:
        below = {record.owner for record in zone if is_below(record.owner, owner)}
        glue = {name for name in below if f"{owner} NS" in users(zone, name)}
        own = types(zone, owner) - {"NS", "DS", "DNAME"}
        assert graph.count_below(owner) == len(below - glue) + bool(own)


@UNHURRIED
@given(zones({"A", "NS"}), st.booleans())
def test_a_zone_is_bare_that_holds_no_more_than_its_frame(zone: list[Record], with_soa: bool) -> None:
    whole = [SOA, *zone] if with_soa else zone
    frame = all(record.owner == "@" and record.type in ("SOA", "NS") for record in whole)
    assert Graph(to_text(whole), ORIGIN).is_bare == frame


@pytest.mark.parametrize("position", [0, 1, 4999, 9998, 9999])
def test_a_name_is_found_wherever_it_stands_in_a_large_zone(position: int) -> None:
    zone = [Record(f"host{number:05}", 300, "CNAME", "a.z.example.") for number in range(10_000)]
    graph = Graph(to_text(zone), ORIGIN)
    assert graph.has(f"host{position:05}", "CNAME")
    assert not graph.has(f"host{position:05}a", "CNAME")
    assert (graph.set_count, len(graph.users("a"))) == (10_000, 10_000)


def test_what_a_service_says_behind_its_target_is_no_target() -> None:
    text = 'a 60 HTTPS 1 b.z.example. key65400="b c.z.example. HTTPS 1 d.z.example. e"\n'
    graph = Graph(text + 'b 60 SVCB 1 other.example. key65400="b c.z.example. d"\n', ORIGIN)
    assert [graph.users(owner) for owner in "@bcd"] == [[], ["a HTTPS"], [], []]


def test_aliases_that_go_in_a_ring_depend_on_each_other_and_end_nothing() -> None:
    graph = Graph("a 60 CNAME b.z.example.\nb 60 CNAME a.z.example.\n", ORIGIN)
    assert graph.dependents("a") == ["b CNAME", "a CNAME"]


def test_what_needs_a_name_that_leads_nowhere_is_stranded_inside_and_outside_the_zone() -> None:
    text = "a 60 CNAME x.gone.z.example.\nb 60 CNAME held.gone.z.example.\nheld.gone 60 A 192.0.2.1\n"
    relied_on = [("y.gone.z.example", "the certificate y"), ("held.gone.z.example", "the certificate held")]
    graph = Graph(text, ORIGIN, relied_on=relied_on)
    assert graph.stranded("gone") == graph.stranded("@") == ["a CNAME", "the certificate y"]
    assert graph.stranded("one") == []


def test_what_stands_at_the_apex_comes_first_among_dependents() -> None:
    graph = Graph("@ 60 MX 5 m.z.example.\na 60 CNAME m.z.example.\n", ORIGIN, relied_on=[("m.z.example", "it")])
    assert graph.dependents("m") == ["@ MX", "a CNAME", "it"]


def test_a_pending_record_stands_where_it_will() -> None:
    graph = Graph("a 60 A 192.0.2.1\n", ORIGIN, pending=["late A", "late TXT", "@ ANY"])
    assert graph.leads_somewhere("late")
    assert not graph.leads_somewhere("later")
    assert graph.set_count == 1


def test_a_text_that_is_pending_is_not_known_yet_and_what_a_wildcard_holds_is() -> None:
    text = '* 60 TXT "all"\na 60 CNAME late.z.example.\n'
    graph = Graph(text, ORIGIN, pending=["late TXT", "b CNAME"])
    assert [graph.looked_up(owner, "TXT") for owner in ("late", "a", "b", "c")] == [None, None, None, ('"all"',)]


def test_what_points_at_the_owner_of_a_record_that_is_no_alias_does_not_depend_on_its_target() -> None:
    graph = Graph("@ 60 MX 5 m.z.example.\na 60 CNAME z.example.\n", ORIGIN)
    assert graph.dependents("m") == ["@ MX"]


def test_a_name_that_stood_before_or_still_leads_somewhere_is_not_taken_from_a_wildcard() -> None:
    base = "* 60 A 192.0.2.1\nold 60 TXT a\n"
    new = base + "new 60 A 192.0.2.2\nnew 60 TXT a\nold 60 MX 5 m.\n"
    graph = Graph(new, ORIGIN, base=base)
    assert [graph.uncovered(owner) for owner in ("new", "old", "_dmarc", "*")] == [None, None, None, None]


def test_without_a_wildcard_before_nothing_is_taken_from_one() -> None:
    assert Graph("a 60 TXT a\n", ORIGIN, base="b 60 A 192.0.2.1\n").uncovered("a") is None
    assert Graph("* 60 A 192.0.2.1\na 60 TXT a\n", ORIGIN, base="b 60 TXT a\n").uncovered("a") is None

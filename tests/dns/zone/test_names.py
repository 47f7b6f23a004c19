"""Both engines over one zone: what a query meets is one thing, whichever of them is asked."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from sophia_infra.dns.rr.record import Record, enclosing, to_text
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.names import LazyNames, Names

ORIGIN = "shop.example"
LABELS = ("*", "*a", "a", "b", "_c", "x\\.y", "z\\\\")
OWNERS = st.one_of(st.just("@"), st.lists(st.sampled_from(LABELS), min_size=1, max_size=4).map(".".join))
OTHERS = ["www.other.example.", f"x\\.{ORIGIN}.", f"a.x\\.{ORIGIN}.", f"x{ORIGIN}.", "example.", "."]
TARGETS = st.one_of(OWNERS.map(lambda owner: f"{owner}.{ORIGIN}."), st.sampled_from([f"{ORIGIN}.", *OTHERS]))
DATA = {
    "A": st.just("192.0.2.1"),
    "AAAA": st.just("2001:db8::1"),
    "CNAME": TARGETS,
    "DNAME": TARGETS,
    "MX": TARGETS.map("10 {}".format),
    "NS": TARGETS,
    "TXT": st.just('"text"'),
}
RECORDS = st.sampled_from(sorted(DATA)).flatmap(
    lambda rtype: st.builds(Record, OWNERS, st.just(300), st.just(rtype), DATA[rtype])
)
ZONES = st.lists(RECORDS, max_size=8, unique_by=lambda record: record if record.type != "CNAME" else record.owner)
PENDING = st.lists(st.tuples(OWNERS, st.sampled_from(["A", "CNAME", "TXT"])).map(" ".join), max_size=2)
HOSTS = frozenset({"A", "AAAA"})


def names(records: list[Record], pending: list[str]) -> tuple[Names, Names]:
    return LazyNames(to_text(records), ORIGIN, pending), Zone(records, ORIGIN, pending)


@settings(max_examples=300)
@given(ZONES, PENDING, st.lists(OWNERS, max_size=4))
def test_the_engines_say_the_same_of_every_name(records: list[Record], pending: list[str], others: list[str]) -> None:
    lazy, indexed = names(records, pending)
    for name in (*OTHERS, *(record.rdata.rpartition(" ")[2] for record in records)):
        assert lazy.relative(name) == indexed.relative(name), name
    near = {*others, *(record.owner for record in records), *(subject.partition(" ")[0] for subject in pending)}
    below = {f"{label}.{name}" for name in near if name != "@" for label in ("a", "*")}
    for owner in sorted({*near, *below, *(above for name in near for above in enclosing(name)), "zz"}):
        assert lazy.types(owner) == indexed.types(owner), owner
        assert lazy.exists(owner) == indexed.exists(owner), owner
        assert lazy.source(owner) == indexed.source(owner), owner
        assert lazy.cut_above(owner) == indexed.cut_above(owner), owner
        assert lazy.cut_of(owner) == indexed.cut_of(owner), owner
        assert lazy.is_beyond(owner) == indexed.is_beyond(owner), owner
        assert lazy.delegation_of(owner) == indexed.delegation_of(owner), owner
        assert lazy.is_delegated(owner) == indexed.is_delegated(owner), owner
        assert lazy.answers(owner) == indexed.answers(owner), owner
        assert lazy.is_found(owner) == indexed.is_found(owner), owner
        assert lazy.follow(owner) == indexed.follow(owner), owner
        assert lazy.follow(owner, HOSTS) == indexed.follow(owner, HOSTS), owner
        assert lazy.trail(owner) == indexed.trail(owner), owner
        assert lazy.trail(owner, written=True) == indexed.trail(owner, written=True), owner
        assert lazy.is_pending(owner) == indexed.is_pending(owner), owner
        assert owner == "@" or lazy.closest_encloser(owner) == indexed.closest_encloser(owner), owner
        for rtype in DATA:
            assert lazy.is_pending(owner, rtype) == indexed.is_pending(owner, rtype), owner
            assert sorted(lazy.values(owner, rtype)) == sorted(indexed.values(owner, rtype)), owner


@settings(max_examples=300)
@given(ZONES, st.lists(OWNERS, max_size=4))
def test_a_zone_serves_the_names_that_are_not_beyond_it(records: list[Record], others: list[str]) -> None:
    zone = Zone(records, ORIGIN)
    owners = {*others, *zone.by_name, *(f"a.{owner}" for owner in zone.by_name if owner != "@")}
    assert zone.served(owners) == {owner for owner in owners if not zone.is_beyond(owner)}


WRITTEN: tuple[Callable[[str], str], ...] = (str, str.upper, lambda name: name[:-1], lambda name: name[:-1].title())


@settings(max_examples=300)
@given(st.sampled_from([ORIGIN, "example", ""]), OWNERS, st.sampled_from(WRITTEN))
def test_a_full_name_is_read_back_in_any_case_and_without_its_last_dot(
    origin: str, owner: str, written: Callable[[str], str]
) -> None:
    for zone in (LazyNames("", origin), Zone([], origin)):
        assert zone.relative(written(zone.absolute(owner))) == owner


@settings(max_examples=300)
@given(
    st.sampled_from([ORIGIN, "example"]),
    st.sampled_from(["x", ".", "x\\.", "a.x\\.", "x\\\\\\."]),
    st.sampled_from(WRITTEN),
)
def test_a_name_that_only_ends_as_the_zone_does_is_another_zones(
    origin: str, before: str, written: Callable[[str], str]
) -> None:
    for zone in (LazyNames("", origin), Zone([], origin)):
        assert zone.relative(written(f"{before}{origin}.")) is None


ZONE = [
    Record("@", 300, "NS", "ns.other.example."),
    Record("*", 300, "A", "192.0.2.1"),
    Record("a.b", 300, "A", "192.0.2.1"),
    Record("child", 300, "NS", "ns.other.example."),
    Record("*.c", 300, "NS", "ns.other.example."),
    Record("old", 300, "DNAME", "new.shop.example."),
    Record("www", 300, "CNAME", "a.b.shop.example."),
    Record("cdn", 300, "CNAME", "shop.cdn.example."),
    Record("ring", 300, "CNAME", "gnir.shop.example."),
    Record("gnir", 300, "CNAME", "ring.shop.example."),
]


def test_what_a_query_meets() -> None:
    for zone in names(ZONE, ["late.deep CNAME"]):
        assert not zone.exists("zz")
        assert zone.is_found("zz")
        assert zone.source("zz") == "*"
        assert zone.answers("zz") == {"A"}
        assert zone.exists("b")
        assert zone.answers("b") == frozenset()
        assert zone.source("x.b") == "*.b"
        assert not zone.is_found("x.b")
        assert zone.closest_encloser("x.y.b") == "b"
        assert zone.cut_above("child") is None
        assert zone.cut_above("www.child") == "child"
        assert zone.answers("www.child") == {"NS"}
        assert zone.cut_above("x.c") is None
        assert not zone.is_beyond("*.c")
        assert not zone.is_delegated("x.*.c")
        assert zone.cut_above("a.old") == "old"
        assert zone.answers("@") == frozenset()
        assert zone.follow("www") == "a.b"
        assert zone.follow("cdn") is None
        assert zone.follow("www.child") is None
        assert zone.follow("ring") in {"ring", "gnir"}
        assert zone.follow("late.deep") is None
        assert zone.exists("deep")
        assert zone.answers("deep") == frozenset()

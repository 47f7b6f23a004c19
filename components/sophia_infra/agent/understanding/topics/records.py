"""Record sets: looked at, added, set, removed; and what people ask of a name."""

from collections.abc import Mapping

from sophia_infra.agent.operations import ANY, AddRecords, Operation, RemoveRecords, SetTtl
from sophia_infra.agent.understanding.intent import TO, Intent, Kind, MissingError, Named, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import one_ttl, rdata_of, replaced, ttl_of, with_ttl


def _add(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)[0]
    for host in hosts:
        types = _types(wish, host)
        if types and "CNAME" in types.union(values):
            told = (
                f"{host.text} has {', '.join(sorted(types))}, and nothing stands beside a CNAME; say what it is set to"
            )
            raise MissingError(told)
    return tuple(AddRecords(host.zone, host.owner, rtype, values[rtype], ttl) for host in hosts for rtype in values)


def _types(wish: Wish, host: Named) -> set[str]:
    return {each.rtype for each in wish.inventory.of(host.zone, host.owner)}


def _set(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)[0]
    return tuple(operation for host in hosts for operation in replaced(wish, host, values, ttl))


def _remove(wish: Wish) -> tuple[Operation, ...]:
    given = rdata_of(wish) if wish.every(Of.ADDRESS) else {}
    sets = given or dict.fromkeys(wish.rtypes or [ANY], ())
    hosts = wish.hosts()
    for host in hosts:
        if host.owner == "@" and {ANY, "NS", "SOA"}.intersection(sets):
            raise MissingError(f"the apex makes {host.text} a zone; say a record type that is neither NS nor SOA")
        if not wish.inventory.is_assumed:
            _stand(wish, host, sets)
    return tuple(RemoveRecords(host.zone, host.owner, rtype, sets[rtype]) for host in hosts for rtype in sets)


def _stand(wish: Wish, host: Named, sets: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse where what is to go is not there."""
    there = {each.rtype: each.values for each in wish.inventory.of(host.zone, host.owner)}
    for rtype, values in sets.items():
        if rtype != ANY and (rtype not in there or not set(values) <= set(there[rtype])):
            gone = " ".join((rtype, *values))
            raise MissingError(f"{host.text} has no {gone}; it has {', '.join(sorted(there)) or 'nothing'}")


def _ttl(wish: Wish) -> tuple[Operation, ...]:
    hosts, ttl = wish.hosts(), one_ttl(wish)
    if wish.inventory.is_assumed:
        given = wish.rtypes or wish.lacks("the record type, since no stack is read")
        return tuple(SetTtl(host.zone, host.owner, rtype, ttl) for host in hosts for rtype in given)
    return tuple(operation for host in hosts for operation in with_ttl(wish.sets(host), ttl))


def _ipv6(wish: Wish) -> tuple[Operation, ...] | None:
    return _add(wish) if wish.every(Of.ADDRESS) else None


# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("records.remove", Kind.CHANGE, "a name goes, one of its record sets, or some of its addresses",
        "remove the A record of www", "delete; take #address @host; take @host; delete record", names="host",
        needs=True, takes="address type", words="record name address alias zone", build=_remove),
    Intent("records.add", Kind.CHANGE, "records are added to a set, which may be new", "add 192.0.2.13 to www",
        "add; add #address @host; add record; add #type; put #address @host; put #type @host", names="host",
        needs=True, new=True, takes="address type quote number duration",
        words="record name address server ttl new value", build=_add),
    Intent("records.set", Kind.CHANGE, "a record set becomes exactly what is said", "point www at 192.0.2.5",
        "set @host; point; make point @host; set #address @host; switch #address @host; make #address @host; "
        "move #address @host", names="host", needs=True, new=True, to=TO,
        takes="address type quote number duration", words="record name address server ttl new value",
        build=_set),
    Intent("records.alias", Kind.CHANGE, "a name becomes an alias (CNAME) of another one", "make blog an alias of www",
        "make alias @host; set alias @host; add alias @host; point alias @host; make #type @host", names="host",
        needs=True, new=True, to=(*TO, "of"), takes="duration number type", words="record ttl name", build=_set),
    Intent("records.ttl", Kind.CHANGE, "record sets get another TTL", "set the ttl of www to 300",
        "lower ttl; raise ttl; make ttl; set ttl; delete ttl #number; delete ttl #duration", names="host", needs=True,
        takes="number duration type", words="record name", build=_ttl),
    Intent("records.rename", Kind.CHANGE, "a name gets another one, with an alias left behind", "rename www2 to web2",
        "rename", names="host", needs=True, new=True, words="record name alias",
        build=lambda wish: None if len(wish.names) == 2 else wish.lacks("the name, and the one it gets")),
    Intent("records.ipv6", Kind.CHANGE, "a name is reached by IPv6 as well", "add IPv6 to www2",
        "set ipv6 @host; add ipv6; enable ipv6", names="host", needs=True, takes="address type",
        words="record address", build=_ipv6),
    Intent("records.retire", Kind.CHANGE, "a name is taken out of use safely, in steps",
        "retire old.shop.example safely", "retire; delete safely @host", names="host", needs=True,
        words="record name safely"),
    Intent("records.impact", Kind.READ, "what hangs on a name, and what breaks without it",
        "is it safe to delete www?",
        "safe *change @host; i *change @host; happen *change; happen @host; use @host; use who @host; breaks @host; "
        "any breaks @host; impact @host", names="host", needs=True),
    Intent("records.history", Kind.READ, "who changed a name, and when", "who changed www?",
        "who *bent; when *bent @host; history @host; what *bent @host; is *bent @host; who set @host; when set @host",
        names="host", new=True),
    Intent("records.ttl-show", Kind.READ, "the TTL of a name", "what is the TTL of www?",
        "ttl @host; howlong cached; howlong @host; show ttl @host; what ttl @host", names="host", needs=True),
    Intent("records.find", Kind.READ, "which names have an address", "which names point to 192.0.2.10?",
        "which name #address; which #address; what #address; find #address; who #address; use #address; "
        "show #address; where #address; show target #address", also="address"),
    Intent("records.list", Kind.READ, "all record sets of a zone", "show all records of shop.example",
        "show record @zone; list zone @zone; list record; list @zone; what @zone contains; what zone @zone; "
        "what record; what contains @zone; show all @zone; which record; howmuch record; howmuch record @zone",
        names="zone"),
    Intent("records.show", Kind.READ, "what a name has, or where it leads", "what does www point to?",
        "what @host; where @host; lead @host; know @host; show #type; what #type; where lead; find @host; "
        "show record; show; what point; any #type; where point; address @host; what record @host; is @host; who @host",
        names="host", needs=True),
)
# fmt: on

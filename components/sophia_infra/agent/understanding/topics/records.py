"""Record sets: looked at, added, set, removed; and what people ask of a name."""

from sophia_infra.agent.operations import ANY, AddRecords, Operation, RemoveRecords, SetTtl
from sophia_infra.agent.understanding.intent import TO, Intent, Kind, MissingError, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import rdata_of, replaced, ttl_of, with_ttl


def _add(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)
    for host in hosts:
        types = {each.rtype for each in wish.inventory.of(host.zone, host.owner)}
        if "CNAME" in types | set(values) and types - {*values, "RRSIG", "NSEC"} | (types & {"CNAME"}):
            wish.lacks(
                f"{host.text} has {' and '.join(sorted(types))}, and nothing stands beside a CNAME; set it instead"
            )
    return tuple(AddRecords(host.zone, host.owner, rtype, values[rtype], ttl) for host in hosts for rtype in values)


def _set(wish: Wish) -> tuple[Operation, ...]:
    hosts, values, ttl = wish.hosts(), rdata_of(wish), ttl_of(wish)
    return tuple(operation for host in hosts for operation in replaced(wish, host, values, ttl))


def _remove(wish: Wish) -> tuple[Operation, ...]:
    found: list[Operation] = []
    for host in wish.hosts():
        types = {each.rtype for each in wish.inventory.of(host.zone, host.owner)}
        if wish.every(Of.ADDRESS):
            found += (RemoveRecords(host.zone, host.owner, rtype, given) for rtype, given in rdata_of(wish).items())
        elif host.owner == "@" and (not wish.rtypes or {"NS", "SOA"} & set(wish.rtypes)):
            raise MissingError(f"the apex makes {host.text} a zone; say a record type that is neither NS nor SOA")
        else:
            found += (RemoveRecords(host.zone, host.owner, rtype) for rtype in wish.rtypes or (ANY,))
        for rtype in () if wish.inventory.is_assumed else wish.rtypes:
            if rtype not in types:
                raise MissingError(f"{host.text} has no {rtype}; it has {', '.join(sorted(types)) or 'nothing'}")
    return tuple(found)


def _ttl(wish: Wish) -> tuple[Operation, ...]:
    hosts, ttl = wish.hosts(), ttl_of(wish)
    if ttl is None:
        numbers = wish.every(Of.NUMBER)
        ttl = numbers[0].number if len(numbers) == 1 else wish.lacks("the TTL, such as 300 or 5 minutes")
    if wish.inventory.is_assumed:
        given = wish.rtypes or wish.lacks("the record type, since no stack is read")
        return tuple(SetTtl(host.zone, host.owner, rtype, ttl) for host in hosts for rtype in given)
    return tuple(operation for host in hosts for operation in with_ttl(host.zone, wish.sets(host), ttl))


def _ipv6(wish: Wish) -> tuple[Operation, ...] | None:
    return _add(wish) if wish.every(Of.ADDRESS) else None


# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("records.remove", Kind.CHANGE, "a name goes, one of its record sets, or some of its addresses",
        "remove the A record of www", "delete; take #address @host; take @host; delete record", names="host",
        needs=True, takes="address type", words="record name address alias", build=_remove),
    Intent("records.add", Kind.CHANGE, "records are added to a set, which may be new", "add 192.0.2.13 to www",
        "add; add #address @host; add record; add #type; put #address @host", names="host", needs=True, new=True,
        takes="address type quote number duration", words="record name address server ttl new value", build=_add),
    Intent("records.set", Kind.CHANGE, "a record set becomes exactly what is said", "point www at 192.0.2.5",
        "set @host; point; make point @host; set #address @host; switch #address @host", names="host", needs=True,
        new=True, to=TO, takes="address type quote number duration", words="record name address server ttl new value",
        build=_set),
    Intent("records.alias", Kind.CHANGE, "a name becomes an alias (CNAME) of another one", "make blog an alias of www",
        "make alias @host; set alias @host; add alias @host; point alias @host", names="host", needs=True, new=True,
        to=(*TO, "of"), takes="duration number type", words="record ttl name", build=_set),
    Intent("records.ttl", Kind.CHANGE, "record sets get another TTL", "set the ttl of www to 300",
        "lower ttl; raise ttl; make ttl; set ttl", names="host", needs=True, takes="number duration type",
        words="record name", build=_ttl),
    Intent("records.rename", Kind.CHANGE, "a name gets another one, with an alias left behind", "rename www2 to web2",
        "rename", names="host", needs=True, new=True, words="record name alias"),
    Intent("records.ipv6", Kind.CHANGE, "a name is reached by IPv6 as well", "add IPv6 to www2",
        "set ipv6 @host; add ipv6; enable ipv6", names="host", needs=True, takes="address type",
        words="record address", build=_ipv6),
    Intent("records.retire", Kind.CHANGE, "a name is taken out of use safely, in steps",
        "retire old.shop.example safely", "retire; delete safely @host", names="host", needs=True,
        words="record name safely"),
    Intent("records.impact", Kind.READ, "what hangs on a name, and what breaks without it",
        "is it safe to delete www?",
        "safe *change @host; i *change @host; happen *change; happen @host; use @host; use who @host; breaks @host; "
        "impact @host", names="host", needs=True),
    Intent("records.history", Kind.READ, "who changed a name, and when", "who changed www?",
        "who *bent; when *bent @host; history @host; what *bent @host; is *bent @host; who set @host; when set @host",
        names="host", new=True),
    Intent("records.ttl-show", Kind.READ, "the TTL of a name", "what is the TTL of www?",
        "ttl @host; howlong cached; howlong @host; show ttl @host; what ttl @host", names="host", needs=True),
    Intent("records.find", Kind.READ, "which names have an address", "which names point to 192.0.2.10?",
        "which name #address; which #address; what #address; find #address; who #address; use #address; "
        "show #address; where #address", also="address"),
    Intent("records.list", Kind.READ, "all record sets of a zone", "show all records of shop.example",
        "show record @zone; list record; list @zone; what @zone contains; what zone @zone; what record; "
        "show all @zone; which record", names="zone"),
    Intent("records.show", Kind.READ, "what a name has, or where it leads", "what does www point to?",
        "what @host; where @host; lead @host; know @host; show #type; what #type; where lead; find @host; "
        "show record; show; what point; where point; address @host; what record @host", names="host", needs=True),
)
# fmt: on

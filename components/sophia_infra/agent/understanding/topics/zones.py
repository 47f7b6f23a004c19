"""Zones as a whole, and pools: what serves a name by its health."""

from sophia_infra.agent.operations import Operation, SetRecords
from sophia_infra.agent.understanding.intent import TO, Intent, Kind, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import named, one_ttl, with_ttl


def _delegate(wish: Wish) -> tuple[Operation, ...]:
    servers = tuple(f"{name}." for name in named(wish)) or wish.lacks("the name servers it goes to")
    return tuple(SetRecords(host.zone, host.owner, "NS", servers) for host in wish.hosts() if host.owner != "@")


def _caa(wish: Wish) -> tuple[Operation, ...]:
    cas = [*named(wish), *(token.text for token in wish.every(Of.PROVIDER) if "." in token.text)]
    values = tuple(f'0 issue "{ca}"' for ca in cas) or wish.lacks("the CA's domain, such as letsencrypt.org")
    return (SetRecords(wish.only("zone"), "@", "CAA", values),)


def _ttls(wish: Wish) -> tuple[Operation, ...]:
    ttl = one_ttl(wish)
    sets = wish.inventory.zones.get(wish.only("zone"), ())
    lower = (each for each in sets if each.ttl > ttl) if wish.says("lower") else sets
    return with_ttl(lower, ttl)


def _restore(wish: Wish) -> None:
    return None if wish.every(Of.DATE) else wish.lacks("the day to go back to, such as 2026-11-01")


# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("zones.list", Kind.READ, "which zones there are", "which zones do we have?",
        "which zone; list zone; show zone; what zone; list all zone; list name; which name; what name"),
    Intent("zones.check", Kind.READ, "what the rules find in a zone", "check shop.example for problems",
        "check @zone; ok @zone; check zone; check record; any ok @zone; is ok @zone", names="zone"),
    Intent("zones.drift", Kind.READ, "what was changed beside the program", "has anything drifted?",
        "drift; what drift; drift set; check drift; what set drift; any drift", names="zone"),
    Intent("zones.restore", Kind.CHANGE, "a zone becomes what it was on a day", "restore shop.example to 2026-11-01",
        "restore; rotate back #date; rollback @zone #date; put back #date @zone", names="zone", needs=True,
        takes="date", also="date", words="zone record", build=_restore),
    Intent("zones.park", Kind.CHANGE, "a domain serves nothing, and says so", "park park.example", "park",
        names="zone", needs=True, words="zone name"),
    Intent("zones.delegate", Kind.CHANGE, "a name below a zone is served by other name servers",
        "delegate lab.shop.example to ns1.lab.example and ns2.lab.example", "delegate", names="host", needs=True,
        new=True, to=TO, takes="type", words="zone name server", build=_delegate),
    Intent("zones.caa", Kind.CHANGE, "only these CAs may issue certificates",
        "allow only letsencrypt.org to issue certificates for shop.example",
        "allow certificate; allow only request; allow request certificate", names="zone", needs=True, others=True,
        takes="provider type", words="only request caa", build=_caa),
    Intent("zones.ttl", Kind.CHANGE, "every record set of a zone gets a TTL, ahead of a move",
        "lower all TTLs of shop.example to 300", "lower all ttl; set all ttl; raise all ttl", names="zone", needs=True,
        takes="number duration", words="record zone", build=_ttls),
    Intent("zones.dnssec", Kind.CHANGE, "a zone is prepared for DNSSEC", "prepare DNSSEC for shop.example",
        "prepare dnssec; enable dnssec; add dnssec; sign @zone; sign zone", names="zone", needs=True, words="zone"),
    Intent("pools.show", Kind.READ, "which targets of pools are healthy", "which targets are up?",
        "healthy @pool; healthy #address; target healthy; pool healthy; show pool; list pool; which pool; show target; "
        "list target; which target; check pool", names="pool", also="address"),
    Intent("pools.drain", Kind.CHANGE, "a target gets no new visitors", "drain 192.0.2.10",
        "drain; drain #address; take #address pool; take #address rotation; delete #address pool; disable #address; "
        "disable target", names="pool", takes="address", also="address", words="target server address pool rotation",
        build=lambda wish: None if wish.every(Of.ADDRESS) else wish.lacks("the target, such as 192.0.2.10")),
    Intent("pools.resume", Kind.CHANGE, "a target that was drained gets visitors again",
        "put 192.0.2.10 back into the pool www",
        "put #address back; put #address pool; enable #address; enable target; add #address pool; add #address back",
        names="pool", takes="address", also="address", words="target server address pool back",
        build=lambda wish: None if wish.every(Of.ADDRESS) else wish.lacks("the target, such as 192.0.2.10")),
    Intent("pools.survive", Kind.CHANGE, "a name survives the loss of a data centre",
        "make www survive the loss of one data centre", "make survive", names="host", needs=True,
        words="loss centre target server some"),
)
# fmt: on

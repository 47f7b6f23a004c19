"""Zones as a whole: parked, delegated below, signed, restored; who may issue for them; their TTLs."""

from collections.abc import Iterator

from sophia_infra.agent.operations import Operations, RemoveRecords, SetRecords, SetTtl
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.patterns.mail import silenced
from sophia_infra.agent.strategies.ways import AT_ONCE, DAY, HOUR, STAGED, Pattern, Way, gently, longest, touched
from sophia_infra.agent.understanding.intent import Wish
from sophia_infra.agent.understanding.tokens import Kind
from sophia_infra.agent.understanding.values import with_ttl
from sophia_infra.dns.rr.record import is_at_or_below
from sophia_infra.dns.rr.rrset import RRset

_APEX = {("@", "NS"), ("@", "SOA")}
_SERVED = ("A", "AAAA", "CNAME", "SRV", "HTTPS", "SVCB")


def _park(wish: Wish, _: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    says = (*silenced(wish, zone), SetRecords(zone, "@", "CAA", ('0 issue ";"',)))
    served = [each for each in wish.inventory.zones[zone] if each.rtype in _SERVED]
    gone = tuple(RemoveRecords(*each.key) for each in served)
    named = wish.inventory.certificates_in(zone)
    fails = (f"renewals of {', '.join(named)} fail from then on",) if named else ()
    yield Way("says so", (Stage("no mail, no certificates", says),), (f"its {len(gone)} sets of hosts stay", *fails))
    if gone:
        notes = ("limits.max_deletes and max_delete_share of the zone may stand against it", *fails)
        yield Way("empty", gently(served, Stage("no mail, no certificates, no hosts", (*says, *gone))), notes)


def _delegate(wish: Wish, operations: Operations) -> Iterator[Way]:
    """Cut a delegation: what stands at the cut and below is served by the other name servers from then on."""
    cuts = [each for each in operations if isinstance(each, SetRecords)]
    covered = [each for cut in cuts for each in wish.inventory.zones[cut.zone] if _covers(cut, each)]
    gone = tuple(RemoveRecords(*each.key) for each in covered)
    notes = tuple(f"{each.values[0]} and the others have to serve {each.owner}.{each.zone} before" for each in cuts)
    glue = tuple(
        f"the addresses of {server} as glue: its operator's to give"
        for each in cuts
        for server in each.values
        if server.endswith(f".{each.owner}.{each.zone}.") and not _addresses(wish, each.zone, server)
    )
    if covered:
        yield Way(
            STAGED, gently(covered, Stage("delegate, take out what it covers", (*gone, *operations))), notes, glue
        )
    yield Way(AT_ONCE, (Stage("delegate", (*gone, *operations)),), notes, glue)


def _covers(cut: SetRecords, rrset: RRset) -> bool:
    """Whether a set is at a cut or below, and neither makes it nor is an address of its servers: that stays as glue."""
    is_glue = rrset.rtype in ("A", "AAAA") and f"{rrset.name}." in cut.values
    return not is_glue and rrset.rtype not in ("NS", "DS") and is_at_or_below(rrset.owner, cut.owner)


def _addresses(wish: Wish, zone: str, server: str) -> bool:
    owner = server.removesuffix(f".{zone}.")
    return any(each.rtype in ("A", "AAAA") for each in wish.inventory.of(zone, owner))


def _dnssec(wish: Wish, _: Operations) -> Iterator[Way]:
    """Prepare to sign: with short TTLs a mistake ends soon (RFC 6781 section 4.4.1)."""
    zone = wish.only("zone")
    steps = (
        "sign the zone at its name servers, with CDS where they can (RFC 7344)",
        "once every server answers with RRSIG, put DS in at the registrar: the parent's to take",
    )
    every = wish.inventory.zones[zone]
    for name, sets in (("apex", [each for each in every if each.owner == "@"]), ("all", list(every))):
        lower = with_ttl((each for each in sets if each.ttl > HOUR), HOUR)
        yield Way(name, (Stage(f"TTLs of at most 1 h, {name}", lower),) if lower else (), (), steps)


def _caa(wish: Wish, operations: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    names = wish.inventory.certificates_in(zone)
    used = {f'0 issue "{ca}"' for name in names for ca in wish.inventory.cas.get(name, ())}
    asked = [value for each in operations if isinstance(each, SetRecords) for value in each.values]
    before = [value for each in wish.inventory.of(zone, "@", "CAA") for value in each.values]
    kept = [value for value in before if value.split(" ")[1:2] != ["issue"]]  # issuewild, iodef
    operations = (SetRecords(zone, "@", "CAA", (*asked, *kept)),)
    if more := sorted(used.difference(asked)):
        both = (SetRecords(zone, "@", "CAA", (*asked, *more, *kept)),)
        yield Way("with those in use", (Stage("CAA", both),), (f"in use as well: {', '.join(more)}",))
    notes = (f"without {', '.join(more)} renewals of {', '.join(names)} fail",) if more else ()
    yield Way(AT_ONCE, (Stage("CAA", operations),), notes)


def _ttl(wish: Wish, operations: Operations) -> Iterator[Way]:
    before = touched(wish.inventory, operations)
    back = tuple(SetTtl(*each.key, each.ttl) for each in before)
    wait = longest(before)
    yield Way(AT_ONCE, (Stage("set the TTL", operations),), (f"caches go by it after {wait} s",))
    if wish.says("lower"):
        yield Way("for a day", (Stage("lower the TTL", operations), Stage("put it back", back, wait + DAY)))


def _restore(wish: Wish, _: Operations) -> Iterator[Way]:
    zone = wish.only("zone")
    day = wish.every(Kind.DATE)[0].text
    former = wish.inventory.former(zone, day)
    if not former:
        wish.lacks(f"another day, or restore {zone} by hand: no copy of it is kept from {day} or before")
    now = {each.key: each for each in wish.inventory.zones[zone]}
    then = {each.key: each for each in former if each.rtype != "SOA"}
    lost = tuple(SetRecords(*each) for key, each in then.items() if now.get(key) != each)
    new = [RemoveRecords(*key) for key in sorted(now.keys() - then.keys()) if key[1:] not in _APEX]
    yield Way("bring back", (Stage("bring back what was", lost),), ("what came since stays",))
    if new:
        yield Way("as it was", (Stage("bring back what was, take out what came since", (*lost, *new)),))


# fmt: off
# a table: a row is one pattern
PATTERNS = (
    Pattern("park a domain", "zones.park", "says that it has no mail and no certificates; hosts go or stay", _park),
    Pattern("cut a delegation", "zones.delegate", "what the cut covers goes, after a short TTL", _delegate),
    Pattern("prepare DNSSEC", "zones.dnssec", "TTLs of at most an hour; signing and DS are others' to do", _dnssec),
    Pattern("CAA for the CAs in use", "zones.caa", "those asked for, and those of the stack's certificates", _caa),
    Pattern("TTLs ahead of a migration", "zones.ttl records.ttl", "lowered, and put back a day after", _ttl),
    Pattern("restore a zone", "zones.restore", "what was lost since a copy of that day; or all as it was", _restore),
)
# fmt: on

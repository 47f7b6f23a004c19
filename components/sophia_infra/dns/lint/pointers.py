"""MX, NS and SRV that point at an alias, an address or nothing, and names that gained or lost the origin."""

from collections.abc import Iterator

from sophia_infra.advice.model import Level
from sophia_infra.dns.lint.rule import ERROR, INFO, WARNING, Problem, rule
from sophia_infra.dns.rr.record import Record
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone, labels
from sophia_infra.dns.zone.target import Target, target_of

_KINDS = {"MX": "mail", "NS": "queries", "SRV": "clients"}


def _register(kind: str, traffic: str, alias_level: Level) -> None:
    code = kind.lower()

    @rule(f"{code}-target-is-cname", f"{kind} points at an alias", alias_level)
    def is_cname(zone: Zone) -> Iterator[Problem]:
        for record, name in zone.targets(kind, Target.ALIAS):
            why = f"{kind} must name a host with addresses of its own, and {quote(name)} is a CNAME."
            yield Problem(record.subject, why, "Point it at the name that the CNAME leads to.")

    @rule(f"{code}-target-is-address", f"{kind} points at an IP address", ERROR)
    def is_address(zone: Zone) -> Iterator[Problem]:
        for record, name in zone.targets(kind, Target.LITERAL):
            why = f"{kind} needs a host name, and {quote(name)} is read as a name that nobody can resolve."
            yield Problem(record.subject, why, "Give the address a name by an A or AAAA record, and point at that.")

    @rule(f"{code}-target-missing", f"{kind} points at a name that is not in its zone", ERROR)
    def is_missing(zone: Zone) -> Iterator[Problem]:
        for record, name in zone.targets(kind, Target.MISSING):
            why = f"{quote(name)} does not exist in its zone, so {traffic} sent there are lost."
            yield Problem(record.subject, why, f"Give {quote(name)} an address, or point at another host.")

    @rule(f"{code}-target-no-address", f"{kind} points at a name without an address", ERROR)
    def is_empty(zone: Zone) -> Iterator[Problem]:
        for record, name in zone.targets(kind, Target.EMPTY):
            why = f"{quote(name)} exists but has neither A nor AAAA, so {traffic} can't reach it."
            yield Problem(record.subject, why, f"Give {quote(name)} an address, or point at another host.")


for _kind, _traffic in _KINDS.items():
    _register(_kind, _traffic, WARNING if _kind == "SRV" else ERROR)


@rule("target-localhost", "MX, NS or SRV leads to the asker's own machine", WARNING)
def target_localhost(zone: Zone) -> Iterator[Problem]:
    """RFC 6761 section 6.3: `localhost` is the machine that asks. Who wants no mail says `0 .` (RFC 7505)."""
    for kind in _KINDS:
        for record in zone.of(kind):
            if is_localhost(zone, record):
                why = f"{quote(target_of(record))} is the machine that asks, so nobody gets anywhere."
                yield Problem(record.subject, why, "Name the host, or say that there is none: the target `.`.")


def is_localhost(zone: Zone, record: Record) -> bool:
    """Whether a record leads to a name that every machine has for itself."""
    name = target_of(record)
    return labels(name)[0] == "localhost" and zone.target(name) in {Target.HOST, Target.ELSEWHERE}


@rule("target-repeated", "A set names one host more than once", INFO)
def target_repeated(zone: Zone) -> Iterator[Problem]:
    """RFC 5321 section 5.1, RFC 2782: clients that failed at a host try the same one again."""
    for kind in ("MX", "SRV"):
        for owner, records in zone.several(kind).items():
            hosts = list(map(service, records))
            twice = next((host for host in hosts if hosts.count(host) > 1), None)
            if twice is not None:
                why = f"{quote(twice)} stands there more than once, so it is no help when it fails."
                yield Problem(f"{owner} {kind}", why, "Keep the one with the preference that is meant.")


def service(record: Record) -> str:
    """Return the host of an MX or NS, the port and host of an SRV."""
    return record.rdata.split(" ", {"MX": 1, "SRV": 2}.get(record.type, 0))[-1]


def preference(record: Record) -> int:
    """Return how far behind others a host stands; those of an NS set stand side by side."""
    return int(record.rdata.partition(" ")[0]) if record.type in {"MX", "SRV"} else 0


_POINTING = ("CNAME", "DNAME", "NS", "MX", "SRV", "PTR", "SVCB", "HTTPS")


@rule("target-lacks-dot", "A name in RDATA lacks its trailing dot", ERROR)
def target_lacks_dot(zone: Zone) -> Iterator[Problem]:
    """Catch `mail.shop.example.shop.example.` and `ghs.google.com.shop.example.`."""
    for record, name in _pointing(zone, Target.DOT_MISSING):
        meant = name.removesuffix(zone.absolute("@"))
        why = f"The origin was appended to a name that is complete without it: {quote(name)}."
        yield Problem(record.subject, why, f"Write {quote(meant)}, with a dot at its end.")


@rule("target-excess-dot", "A name in RDATA has a dot that keeps the origin away", ERROR)
def target_excess_dot(zone: Zone) -> Iterator[Problem]:
    """Catch `MX 10 mail.` where the zone has a host `mail`."""
    for record, name in _pointing(zone, Target.DOT_EXTRA):
        meant = name + zone.absolute("@")
        why = f"{quote(name)} is a top-level name because of its dot; this zone's host is {quote(meant)}."
        yield Problem(record.subject, why, f"Write {quote(meant)}.")


def _pointing(zone: Zone, fate: Target) -> Iterator[tuple[Record, str]]:
    for kind in _POINTING:
        yield from zone.targets(kind, fate)

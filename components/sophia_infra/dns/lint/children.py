"""A delegation and the zone below it, where both are at hand: name servers, glue and DS have to agree."""

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha1, sha256, sha384

from sophia_infra.dns.lint.rule import ERROR, WARNING, Change, Problem, fix_set, rule
from sophia_infra.dns.rr.record import Record, is_at_or_below
from sophia_infra.dns.rr.txt import quote
from sophia_infra.dns.zone.index import Zone

# SHA-1 here only tells which key a record stands for.
_SHA256 = "2"
_DIGESTS = {"1": sha1, _SHA256: sha256, "4": sha384}
_ENTRY_POINT = "257"
"""The flags of a key that a parent zone vouches for (RFC 4034 section 2.1.1)."""


def _children(zone: Zone) -> Iterator[tuple[str, Zone]]:
    """Yield the delegations whose zone is beside this one, with that zone."""
    for owner in sorted(zone.cuts) if zone.beside else ():
        if child := zone.neighbour(zone.absolute(owner)):
            yield owner, child


@rule("delegation-differs", WARNING)
def delegation_differs(zone: Zone) -> Iterator[Problem]:
    """RFC 1034 section 4.2.2: the NS of parent and child are the same. A server that the child left out is lame."""
    for owner, child in _children(zone):
        here = {record.rdata for record in zone.at(owner, "NS")}
        there = {record.rdata for record in child.at("@", "NS")}
        if there and here != there:
            only = sorted(here - there) or sorted(there - here)
            side = "delegation" if here - there else "zone below"
            why = f"Only the {side} names {quote(only[0])}, so some queries end at servers that do not know the zone."
            yield Problem(f"{owner} NS", why, "Give both the same NS records.")


@fix_set("delegation-differs")
def take_servers(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Name the servers that the zone below names, with the addresses it has for those inside it."""
    child, here = zone.neighbour(zone.absolute(owner)), zone.at(owner, "NS")
    if child is None:
        return None
    servers = [here[0]._replace(rdata=record.rdata) for record in child.at("@", "NS")]
    glue = (record for server in servers for record in _glue(zone, child, server))
    return Change(tuple(here), (*servers, *glue))


def _glue(zone: Zone, child: Zone, server: Record) -> list[Record]:
    owner, host = zone.relative(server.rdata), child.relative(server.rdata)
    if owner is None or host is None or not is_at_or_below(owner, server.owner) or zone.at(owner, "A", "AAAA"):
        return []
    return [record._replace(owner=owner) for record in child.at(host, "A", "AAAA")]


@rule("glue-differs", WARNING)
def glue_differs(zone: Zone) -> Iterator[Problem]:
    """RFC 9471, RFC 1912 section 2.3: stale glue sends queries to machines that are gone."""
    for owner, child in _children(zone):
        for server in sorted({record.rdata for record in zone.at(owner, "NS")}):
            glue, host = zone.relative(server), child.relative(server)
            for rtype in ("A", "AAAA") if glue and host else ():
                here = {record.rdata for record in zone.at(glue or "@", rtype)}
                there = {record.rdata for record in child.at(host or "@", rtype)}
                if here and there and here != there:
                    ours, theirs = quote(min(here)), quote(min(there))
                    why = f"The glue of {quote(server)} is {ours}, and its own zone says {theirs}."
                    yield Problem(f"{glue} {rtype}", why, "Give the glue the addresses of the zone below.")


@fix_set("glue-differs")
def take_addresses(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Give a server the addresses that it has in the zone below."""
    child, here = zone.neighbour(zone.absolute(zone.delegation_of(owner) or "@")), zone.at(owner, rtype)
    host = child.relative(zone.absolute(owner)) if child else None
    there = child.at(host, rtype) if child and host else []
    return Change(tuple(here), tuple(here[0]._replace(rdata=record.rdata) for record in there)) if there else None


@rule("ds-matches-no-key", ERROR)
def ds_matches_no_key(zone: Zone) -> Iterator[Problem]:
    """RFC 4035 section 5.2: with a DS, validators refuse a zone that is not signed by the key it stands for."""
    for owner, child in _children(zone):
        digests = [record.rdata for record in zone.at(owner, "DS") if record.rdata.split(" ")[2] in _DIGESTS]
        keys = child.at("@", "DNSKEY")
        if digests and not any(_stands_for(digest, key, child) for digest in digests for key in keys):
            state = "is not signed" if not keys else "has no key that they stand for"
            why = f"The zone below {state}, so validating resolvers answer SERVFAIL for all of it."
            yield Problem(f"{owner} DS", why, "Publish the DS of its current key, or none until it is signed.")


def _stands_for(digest: str, key: Record, child: Zone) -> bool:
    _, algorithm, digest_type, expected = digest.split(" ", 3)
    number = key.rdata.split(" ", 3)[2]
    return algorithm == number and _digest(key, child, digest_type) == expected.replace(" ", "").lower()


def _digest_of(key: Record, child: Zone) -> str:
    """Return the RDATA of the DS that stands for a key of a zone: its tag, its algorithm, and its SHA-256 digest."""
    octets = _octets(key)
    # The key tag (RFC 4034 appendix B).
    tag = sum(octet << 8 if position % 2 == 0 else octet for position, octet in enumerate(octets))
    tag = (tag + (tag >> 16)) & 0xFFFF
    return f"{tag} {octets[3]} {_SHA256} {_digest(key, child, _SHA256)}"


def _digest(key: Record, child: Zone, digest_type: str) -> str:
    owner = b"".join(bytes([len(label)]) + label.encode() for label in child.origin.split(".")) + b"\0"
    return _DIGESTS[digest_type](owner + _octets(key)).hexdigest()


def _octets(key: Record) -> bytes:
    flags, protocol, number, encoded = key.rdata.split(" ", 3)
    return int(flags).to_bytes(2) + bytes([int(protocol), int(number)]) + b64decode(encoded.replace(" ", ""))


@fix_set("ds-matches-no-key")
def take_keys(zone: Zone, owner: str, rtype: str) -> Change | None:
    """Stand for the keys that the zone below is entered by; where it shows none, it may be signed as it is served."""
    child, here = zone.neighbour(zone.absolute(owner)), zone.at(owner, "DS")
    keys = [key for key in child.at("@", "DNSKEY") if key.rdata.startswith(f"{_ENTRY_POINT} ")] if child else []
    if child is None or not keys:
        return None
    return Change(tuple(here), tuple(here[0]._replace(rdata=_digest_of(key, child)) for key in keys))

"""Cloudflare's record objects as canonical records, and the other way (API v4, zones/:id/dns_records). Pure."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import dns.rdataclass
import dns.rdatatype
from dns.rdata import from_text as parsed

from sophia_infra.changes import covers
from sophia_infra.dns.backends.base import BackendError, not_held
from sophia_infra.dns.importers.cloudflare import AUTOMATIC_TTL, FIELDS, rdata_of
from sophia_infra.dns.importers.values import LOC_FIELDS
from sophia_infra.dns.reader.names import Owners, Targets, zone_origin
from sophia_infra.dns.reader.problems import Refused, bounded
from sophia_infra.dns.reader.rdata import FAST_PATHS, canonical_rdata, type_of
from sophia_infra.dns.rr.record import Record, record_of, unescaped
from sophia_infra.dns.rr.rtype import ALIAS, ALIASES

AUTOMATIC = 1
"""The TTL of an object that Cloudflare serves with `AUTOMATIC_TTL` seconds."""
OPAQUE = "TYPE65280"
"""Of the range for private use (RFC 6895): stands in zone text for an object that is no record of its own there."""
PROXIABLE = frozenset({"A", "AAAA", *ALIASES})
_ROOT = "."


class Entry(NamedTuple):
    """One object of a zone: the record that the world sees of it, and what Cloudflare alone knows.

    `ttl` is the object's own, `AUTOMATIC` included. A `fixed` object can't be changed through the API.
    """

    id: str
    record: Record
    ttl: int
    proxied: bool = False
    fixed: bool = False

    @property
    def served_ttl(self) -> int:
        """The seconds that a resolver is told of this object, if it is not proxied."""
        return AUTOMATIC_TTL if self.ttl == AUTOMATIC else self.ttl

    @property
    def is_apex(self) -> bool:
        """Whether it names a server of the whole zone."""
        return self.record.owner == "@" and self.record.type == "NS"

    @property
    def is_kept(self) -> bool:
        """Whether it stays as it is: the API would not change it, or zone text can't say what it is."""
        return (self.fixed or self.record.type == OPAQUE) and not self.is_apex

    @property
    def why_kept(self) -> str:
        """Why it stays, and the way out."""
        subject = self.record.subject
        if self.record.type == OPAQUE:
            why, there = "stands for an object of Cloudflare's that is no record", "delete it there"
        else:
            why, there = "belongs to a service of Cloudflare's", "switch the service off there"
        return f"{subject} {why} and can't be changed or deleted here: add {subject!r} to `ignore`, or {there}"


def entries(objects: Iterable[Mapping[str, Any]], domain: str) -> list[Entry]:
    """Return the objects of a zone in the order they came, each set with one TTL: the lowest (RFC 2181 section 5.2).

    Raises:
        BackendError: an object has no id, name, type or TTL, or is of another zone.
    """
    reader = _Reader(zone_origin(domain))
    return _level(_flattened(_as_served([reader.entry(given) for given in objects if given.get("type") != "SOA"])))


def object_type(rtype: str) -> str:
    """Return the type of the objects that hold a set: an ALIAS is a CNAME that Cloudflare answers with addresses."""
    return "CNAME" if rtype == ALIAS else rtype


def is_asked(owner: str, patterns: Iterable[str]) -> bool:
    """Whether patterns of owner names, as `changes.covers` reads them, name this one."""
    return any(covers(pattern, f"{owner} A") for pattern in patterns)


def proxied_owners(found: Iterable[Entry]) -> set[str]:
    """Return the names that are proxied: where one address or alias of a name is, Cloudflare treats all of them so."""
    return {entry.record.owner for entry in found if entry.proxied}


def to_proxy(found: Iterable[Entry], patterns: Sequence[str]) -> list[Entry]:
    """Return the objects that patterns ask to be proxied, and that are not yet."""
    if not patterns:
        return []
    direct = (entry for entry in found if entry.record.type in PROXIABLE and not entry.proxied and not entry.fixed)
    return [entry for entry in direct if is_asked(entry.record.owner, patterns)]


class _Reader:
    def __init__(self, zone: str) -> None:
        self._zone, self._targets = zone, Targets(_ROOT)
        self._owners = Owners(zone, self._targets)

    def entry(self, given: Mapping[str, Any]) -> Entry:
        try:
            id_, owner, ttl = str.strip(given["id"]), self._owners[given["name"]], int(given["ttl"])
            record = record_of((owner, AUTOMATIC_TTL if ttl == AUTOMATIC else ttl, *self._data(given)))
        except (KeyError, TypeError, ValueError, AttributeError, Refused):
            told = bounded(f"{given.get('name')} {given.get('type')} ({given.get('id')})")  # its value may be a secret
            raise BackendError(
                f"Cloudflare sent what is no record of {self._zone[:-1]}: {told}", code="unreadable", subject=told
            ) from None
        if record.type == "CNAME" and owner == "@":
            record = record._replace(type=ALIAS)
        meta = given.get("meta")
        fixed = bool(given.get("locked") or (isinstance(meta, Mapping) and meta.get("read_only")))
        return Entry(id_, record, ttl, given.get("proxied") is True, fixed)

    def _data(self, given: Mapping[str, Any]) -> tuple[str, str]:
        rtype = given["type"]
        fast, plain = FAST_PATHS.get(rtype), _plain(rtype, given)
        if fast and isinstance(plain, str) and plain.isascii() and (found := fast(plain, self._targets)) is not None:
            return rtype, found
        try:
            canonical = type_of(rtype)
            return canonical, canonical_rdata(canonical, rdata_of(rtype, given), self._zone, rtype)
        except Refused:
            return OPAQUE, _opaque(given)


def _plain(rtype: str, given: Mapping[str, Any]) -> Any:
    """RDATA of the common types, which a fast path reads or leaves to the general way."""
    data = given.get("data")
    if rtype == "MX":
        return f"{given.get('priority')} {given.get('content')}"
    if not data:
        return given.get("content")
    if rtype == "SRV":
        return f"{data.get('priority')} {data.get('weight')} {data.get('port')} {data.get('target')}"
    return f'{data.get("flags")} {data.get("tag")} "{data.get("value")}"' if rtype == "CAA" else None


def _opaque(given: Mapping[str, Any]) -> str:
    """What no record says, in the form of RFC 3597, so that it shows in plans and `ignore` can name it."""
    told = {field: given[field] for field in ("type", "content", "data") if given.get(field) is not None}
    octets = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    return f"\\# {len(octets)} {octets.hex()}"


def _as_served(found: list[Entry]) -> list[Entry]:
    owners = proxied_owners(found)
    if not owners:
        return found
    return [
        _with_ttl(entry, AUTOMATIC_TTL) if entry.record.owner in owners and entry.record.type in PROXIABLE else entry
        for entry in found
    ]


def _flattened(found: list[Entry]) -> list[Entry]:
    """Call a proxied CNAME what it is where it stands beside other records: what is asked there is its addresses."""
    aliases = {entry.record.owner for entry in found if entry.proxied and entry.record.type == "CNAME"}
    if not aliases:
        return found
    mixed = {entry.record.owner for entry in found if entry.record.owner in aliases and entry.record.type != "CNAME"}
    return [
        entry._replace(record=entry.record._replace(type=ALIAS))
        if entry.record.owner in mixed and entry.record.type == "CNAME"
        else entry
        for entry in found
    ]


def _level(found: list[Entry]) -> list[Entry]:
    lowest: dict[tuple[str, str], int] = {}
    for _, (owner, ttl, rtype, _), _, _, _ in found:
        lowest[owner, rtype] = min(ttl, lowest.get((owner, rtype), ttl))
    return [_with_ttl(entry, lowest[entry.record.owner, entry.record.type]) for entry in found]


def _with_ttl(entry: Entry, ttl: int) -> Entry:
    return entry if entry.record.ttl == ttl else entry._replace(record=entry.record._replace(ttl=ttl))


def body(record: Record, domain: str, *, proxied: bool) -> dict[str, Any]:
    """Return the object that makes a record, for a POST; a PATCH adds the `id`.

    Raises:
        BackendError: Cloudflare holds no records of the type.
    """
    if record.type not in TYPES:
        way_out = f"take {record.subject} out, or `ignore` it"
        raise not_held(record.subject, f"Cloudflare holds no {record.type} records; {way_out}")
    name = domain.rstrip(".") if record.owner == "@" else f"{record.owner}.{domain.rstrip('.')}"
    made = {"name": name, "type": object_type(record.type), "ttl": AUTOMATIC if proxied else record.ttl}
    if record.type in PROXIABLE:
        made["proxied"] = proxied
    return made | _WRITERS[record.type](record.rdata)


def _mx(rdata: str) -> dict[str, Any]:
    preference, exchange = rdata.split(" ", 1)
    return {"priority": int(preference), "content": _bare(exchange)}


def _fields(names: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    def write(rdata: str) -> dict[str, Any]:
        words = rdata.split(" ", len(names) - 1)
        return {"data": {name: _typed(name, word) for name, word in zip(names, words, strict=True)}}

    return write


def _typed(name: str, word: str) -> int | str:
    if name == "target":
        return _bare(word)
    return int(word) if word.isdecimal() and name not in _TEXTS else word


# Fields that stay text even where they look like a number.
_TEXTS = frozenset({"certificate", "digest", "fingerprint", "public_key"})


def _caa(rdata: str) -> dict[str, Any]:
    flags, tag, value = rdata.split(" ", 2)
    return {"data": {"flags": int(flags), "tag": tag, "value": _unquoted(value)}}


def _uri(rdata: str) -> dict[str, Any]:
    priority, weight, target = rdata.split(" ", 2)
    return {"priority": int(priority), "data": {"weight": int(weight), "target": _unquoted(target)}}


def _service(rdata: str) -> dict[str, Any]:
    priority, target, *value = rdata.split(" ", 2)
    return {"data": {"priority": int(priority), "target": _bare(target), "value": "".join(value)}}


def _naptr(rdata: str) -> dict[str, Any]:
    data: Any = parsed(dns.rdataclass.IN, dns.rdatatype.NAPTR, rdata, relativize=False)
    texts = {"flags": data.flags, "service": data.service, "regex": data.regexp}
    written = {name: octets.decode("latin-1") for name, octets in texts.items()}
    replacement = _bare(data.replacement.to_text())
    return {"data": {"order": data.order, "preference": data.preference, **written, "replacement": replacement}}


def _cert(rdata: str) -> dict[str, Any]:
    data: Any = parsed(dns.rdataclass.IN, dns.rdatatype.CERT, rdata)
    numbers = (int(data.certificate_type), int(data.key_tag), int(data.algorithm))
    return {"data": dict(zip(FIELDS["CERT"], (*numbers, rdata.rpartition(" ")[2]), strict=True))}


def _loc(rdata: str) -> dict[str, Any]:
    words = [word.removesuffix("m") for word in rdata.split(" ")]
    # what is left out has the defaults of RFC 1876 section 3, in metres
    words += ["1", "10000", "10"][len(words) - 9 :]
    data: dict[str, Any] = dict(zip(LOC_FIELDS, words, strict=True))
    for name in data.keys() - {"lat_direction", "long_direction"}:
        data[name] = int(data[name]) if data[name].isdecimal() else float(data[name])
    return {"data": data}


def _bare(name: str) -> str:
    return name if name == _ROOT else name.removesuffix(".")


def _unquoted(text: str) -> str:
    return unescaped(text[1:-1])


_WRITERS: dict[str, Callable[[str], dict[str, Any]]] = {
    **dict.fromkeys(("A", "AAAA", "OPENPGPKEY", "TXT"), lambda rdata: {"content": rdata}),
    **dict.fromkeys((*ALIASES, "NS", "PTR"), lambda rdata: {"content": _bare(rdata)}),
    **{rtype: _fields(names) for rtype, names in FIELDS.items()},
    **dict.fromkeys(("HTTPS", "SVCB"), _service),
    "CAA": _caa,
    "CERT": _cert,
    "LOC": _loc,
    "MX": _mx,
    "NAPTR": _naptr,
    "URI": _uri,
}
TYPES = frozenset(_WRITERS)
"""The types of records that Cloudflare holds."""

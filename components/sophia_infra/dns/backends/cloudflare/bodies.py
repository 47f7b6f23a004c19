"""Canonical records as the objects that Cloudflare's API takes; `records` reads them back. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

import dns.rdataclass
import dns.rdatatype
from dns.rdata import from_text as parsed

from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.cloudflare.records import AUTOMATIC, PROXIABLE
from sophia_infra.dns.importers.cloudflare import FIELDS
from sophia_infra.dns.importers.values import LOC_FIELDS
from sophia_infra.dns.rr.record import Record, unescaped

_ROOT = "."


def body(record: Record, domain: str, *, proxied: bool) -> dict[str, Any]:
    """Return the object that makes a record, for a POST; a PATCH adds the `id`.

    Raises:
        BackendError: Cloudflare holds no records of the type.
    """
    if record.type not in TYPES:
        raise BackendError(f"Cloudflare holds no {record.type} records; take {record.subject} out, or `ignore` it")
    name = domain.rstrip(".") if record.owner == "@" else f"{record.owner}.{domain.rstrip('.')}"
    made = {"name": name, "type": record.type, "ttl": AUTOMATIC if proxied else record.ttl}
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
    **dict.fromkeys(("CNAME", "NS", "PTR"), lambda rdata: {"content": _bare(rdata)}),
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

"""Cloudflare's records, as the API lists them and as its zone export has them.

The list (API v4, GET zones/:id/dns_records) is a whole response or its `result` alone, the export a master file whose
comments hold proxy status, tags and remarks. Sources:
https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/list/ and
https://developers.cloudflare.com/dns/manage-dns-records/how-to/import-and-export/.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sophia_infra.dns.importers.collector import Collector, Imported, export_line
from sophia_infra.dns.importers.values import (
    LOC_FIELDS,
    absolute,
    assembled,
    from_json,
    mapping,
    need,
    text,
    with_targets,
    word,
)
from sophia_infra.dns.reader import syntax
from sophia_infra.dns.reader.problems import Refused, bounded
from sophia_infra.dns.reader.rdata import encoded
from sophia_infra.dns.rr.rtype import ALIAS
from sophia_infra.dns.rr.txt import strings

AUTOMATIC_TTL = 300
"""Seconds that Cloudflare serves where a record's TTL is 1, "automatic"."""

_BEFORE_COMMENT = re.compile(r'(?:[^";\\]|\\.|"(?:[^"\\]|\\.)*")*', re.DOTALL)
_NO_RECORD = re.compile(r"\s*;|\$ORIGIN[ \t]+\.[ \t]*(?:;.*)?$", re.IGNORECASE)
_DOMAIN = re.compile(r"^;;\s*Domain:\s*(\S+)", re.MULTILINE | re.IGNORECASE)
_CARRIED = frozenset({"name", "type", "content", "ttl", "priority", "data"})
# What Cloudflare keeps about a record and no zone needs.
_BOOKKEEPING = frozenset(
    {"id", "zone_id", "zone_name", "created_on", "modified_on", "comment_modified_on", "tags_modified_on"}
    | {"meta", "proxiable", "locked"}
)

FIELDS = {
    "CERT": ("type", "key_tag", "algorithm", "certificate"),
    "DNSKEY": ("flags", "protocol", "algorithm", "public_key"),
    "DS": ("key_tag", "algorithm", "digest_type", "digest"),
    "SMIMEA": ("usage", "selector", "matching_type", "certificate"),
    "SRV": ("priority", "weight", "port", "target"),
    "SSHFP": ("algorithm", "type", "fingerprint"),
    "TLSA": ("usage", "selector", "matching_type", "certificate"),
}
"""The names of a record object's `data`, in the order in which RDATA has its fields."""

_FORMS = {
    **{rtype: " ".join(names) for rtype, names in FIELDS.items()},
    **dict.fromkeys(("HTTPS", "SVCB"), "priority target=. *value="),
    "CAA": 'flags tag "value"',
    "LOC": " ".join(LOC_FIELDS),
    "NAPTR": 'order preference "flags=" "service=" "regex=" replacement=.',
    "URI": 'priority weight "target"',
}


def records(text_: str, origin: str, file: str) -> Imported:
    """Read one zone's records. Names and targets are absolute, without a trailing dot, as Cloudflare writes them."""
    collector = Collector(origin, file)
    with collector.refusing(0):
        for entry in _result(text_):
            zone = mapping(entry).get("zone_name")
            if isinstance(zone, str) and f"{zone.lower()}." != collector.zone and collector.is_record(0, entry):
                subject = f"{bounded(entry['name'])} {bounded(entry['type'])}"
                collector.note(0, f"{subject} is in the zone {bounded(zone)} and is not carried over")
            else:
                carry(collector, entry)
    return collector.imported()


def zones(text_: str, _: str) -> list[str]:
    """Return the zones that the records name; newer responses name none."""
    names = (entry.get("zone_name") for entry in _result(text_) if isinstance(entry, Mapping))
    return list(dict.fromkeys(name for name in names if isinstance(name, str)))


def _result(text_: str) -> list[Any]:
    parsed = from_json(text_, "save the API's response as it came")
    if isinstance(parsed, Mapping):
        _refuse_part(parsed)
        parsed = parsed.get("result")
    if not isinstance(parsed, list):
        message = "it has no list of records"
        raise Refused("field-missing", "result", message, fix="save the API's response, or its result")
    return parsed


def _refuse_part(response: Mapping[str, Any]) -> None:
    if response.get("success") is False:
        message = f"the API answered with errors: {bounded(str(response.get('errors')))}"
        raise Refused("field-invalid", "success", message, fix="save a response that succeeded")
    info = response.get("result_info")
    pages = info.get("total_pages") if isinstance(info, Mapping) else None
    if isinstance(pages, int) and pages > 1:
        message = f"it is one of {pages} pages"
        raise Refused(
            "field-invalid", "result_info", message, fix="ask for all records with per_page, or join the pages"
        )


def carry(collector: Collector, entry: Any) -> None:
    """Keep one record of the API's, its name absolute, and note what a zone can't say of it."""
    if not collector.is_record(0, entry):
        return
    name = entry["name"].rstrip(".") + "."
    rtype = _rtype(collector, name, entry["type"])
    subject = f"{bounded(name)} {bounded(rtype)}"
    content = entry.get("content")
    if collector.knows(0, subject, rtype, str(content)):
        _note_extras(collector, subject, entry)
        with collector.refusing(0, subject):
            ttl = _served_ttl(collector, 0, subject, need(entry, "ttl"))
            collector.add(0, name, ttl, rtype, rdata_of(rtype, entry))


def _rtype(collector: Collector, name: str, rtype: str) -> str:
    """Return the type of a record as the world meets it: Cloudflare answers with addresses for a CNAME at the apex."""
    return ALIAS if rtype.upper() == "CNAME" and name.lower() == collector.zone else rtype


def _note_extras(collector: Collector, subject: str, entry: Mapping[str, Any]) -> None:
    for field, given in entry.items():
        value = {key: item for key, item in given.items() if item} if isinstance(given, Mapping) else given
        if value and field not in _CARRIED and field not in _BOOKKEEPING:
            collector.note(0, f"{subject}: {bounded(str(field))}={bounded(json.dumps(value))} is not carried over")


def _served_ttl(collector: Collector, line: int, subject: str, ttl: object) -> object:
    """Return the TTL that Cloudflare serves, and note where it is not the record's own."""
    if ttl not in (1, "1"):
        return ttl
    collector.note(line, f"{subject}: the automatic TTL becomes {AUTOMATIC_TTL} seconds")
    return AUTOMATIC_TTL


def rdata_of(rtype: str, entry: Mapping[str, Any]) -> str:
    """Return a record object's RDATA as a master file has it, its names absolute.

    Raises:
        Refused: a field is missing, or holds what RDATA can't.
    """
    data = entry.get("data")
    if rtype in {"TXT", "SPF"}:
        content = text(need(entry, "content"))
        return content if content.startswith('"') else strings(encoded(content))
    if isinstance(data, Mapping) and data and rtype in _FORMS:
        rdata = assembled(_FORMS[rtype], {"priority": entry.get("priority"), **data})
    else:
        rdata = text(need(entry, "content"))
        if rtype in _WORDS and len(rdata.split()) < _WORDS[rtype]:
            rdata = f"{word(need(entry, 'priority'))} {rdata}"
    return with_targets(rtype, rdata, absolute)


# How many words RDATA has in full; `content` leaves the priority out.
_WORDS = {"MX": 2, "SRV": 4, "URI": 3}


def export_records(text: str, origin: str, file: str) -> Imported:
    """Read an export: full names, TTL, class and type; TTL 1 is Cloudflare's automatic.

    Up to about 2018 it started with `$ORIGIN .`, and an SOA of the owner `@` that took several lines: that `@` is the
    zone. Its NS line may hold no server, but a placeholder for people to fill in, which is left out.
    """
    collector = Collector(origin, file)
    lines = enumerate(text.splitlines(), 1)
    for line, content in lines:
        if content.strip() and not _NO_RECORD.match(content):
            with collector.refusing(line):
                _carry_line(collector, line, content, lines)
    return collector.imported()


def export_zones(text: str, _: str) -> list[str]:
    """Return the zone that the export's header names."""
    return [name.rstrip(".") for name in _DOMAIN.findall(text)]


def _carry_line(collector: Collector, line: int, content: str, following: syntax.Lines) -> None:
    name, ttl, rtype, shown = export_line(content, following, "Cloudflare")
    # the SOA's owner stands there without its trailing dot
    name = collector.zone if name == "@" else f"{name.rstrip('.')}."
    rtype = _rtype(collector, name, rtype)
    subject = f"{bounded(name)} {bounded(rtype)}"
    if collector.knows(line, subject, rtype, shown):
        found = _BEFORE_COMMENT.match(content)
        comment = content[found.end() :].lstrip(";").strip() if found else ""
        if comment and rtype.upper() != "SOA":
            collector.note(line, f"{subject}: {bounded(comment)} is not carried over")
        collector.add(line, name, _served_ttl(collector, line, subject, ttl), rtype, shown)

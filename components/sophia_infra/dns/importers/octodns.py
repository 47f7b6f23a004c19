"""octoDNS YAML (https://octodns.readthedocs.io): names with one record or a list of them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import PurePath
from typing import Any

import yaml

from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.octodns_yaml import DEFAULT_TTL, Entry, names
from sophia_infra.dns.importers.values import (
    LOC_FIELDS,
    absolute,
    assembled,
    fields_of,
    filled,
    mapping,
    need,
    shown,
    string,
    text,
    with_targets,
    word,
)
from sophia_infra.dns.reader import OpenInclude, ZoneTextError
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import encoded
from sophia_infra.dns.rr.txt import strings

SHOWN_EXTRAS = 100
"""Extras of one record that are named."""

_KNOWN = frozenset({"type", "ttl", "value", "values", "geo", "dynamic", "octodns"})
_NOT_DNS = frozenset({"URLFWD"})
_ROUTE53_ALIAS = "Route53Provider/ALIAS"

# The fields of each type in RDATA order, each by its newer and its older name.
_FORMS = {
    "CAA": 'flags=0 tag "value"',
    "DS": "key_tag algorithm digest_type digest",
    "LOC": " ".join(LOC_FIELDS),
    "MX": "preference|priority exchange|value",
    "NAPTR": 'order preference "flags=" "service=" "regexp=" replacement',
    "SRV": "priority weight port target",
    "SSHFP": "algorithm fingerprint_type fingerprint",
    "TLSA": "certificate_usage selector matching_type certificate_association_data",
    "URI": 'priority weight "target"',
}
_DS_BEFORE_1_0 = "flags protocol algorithm public_key"
_BARE = re.compile(r"[A-Za-z0-9,./:+=_-]+")


def records(text_: str, origin: str, file: str, open_include: OpenInclude | None = None) -> Imported:
    """Read one zone's YAML file, and through `open_include` what it includes."""
    collector = Collector(origin, file)
    carry_all(collector, merged(collector, [], entries(collector, text_, file, open_include)))
    return collector.imported()


def zones(text_: str, file: str) -> list[str]:
    """Return the zone that a file is named after, as octoDNS has it: `shop.example.yaml`."""
    name = PurePath(file).name.removesuffix(".yml").removesuffix(".yaml").strip(".")
    return [name] if "." in name and name != PurePath(file).name else []


def entries(
    collector: Collector,
    text_: str,
    file: str,
    open_include: OpenInclude | None,
    default_ttl: object = DEFAULT_TTL,
    *,
    escaped: bool = True,
) -> list[Entry]:
    """Return what a zone's YAML holds; what can't be read is a problem at the collector's, and ends it."""
    found: list[Entry] = []
    try:
        for entry in names(text_, file, open_include):
            if entry.counts:
                found.append(replace(entry, default_ttl=default_ttl, escaped=escaped))
            else:
                collector.enter(entry.file)
                collector.note(entry.line, f"{bounded(entry.name) or '@'} is replaced by a later one of the same name")
    except ZoneTextError as error:
        collector.problems += error.problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        collector.enter(mark.name if mark else file)
        message = f"it is not YAML that octoDNS writes: {bounded(getattr(error, 'problem', None) or str(error))}"
        refusal = Refused("field-invalid", "file", message, fix="mend the YAML")
        collector.refuse(mark.line + 1 if mark else 0, refusal)
    except (ValueError, TypeError, RecursionError) as error:
        message = f"it holds what YAML can't read: {bounded(str(error))}"
        collector.refuse(0, Refused("field-invalid", "file", message, fix="mend the YAML"))
    return found


def merged(
    collector: Collector, kept: Sequence[Entry], fresh: Iterable[Entry], *, replacing: bool = False
) -> list[Entry]:
    """Return what was kept with what comes fresh; where both have a record, `replacing` lets the later one count.

    Without it, it is a problem, as in octoDNS.
    """
    found = {entry.key: entry for entry in kept}
    for entry in fresh:
        name, rtype = (bounded(part) or "@" for part in entry.key)
        earlier = found.get(entry.key)
        if earlier and not replacing:
            message = f"it stands at {earlier.file}:{earlier.line} already, and octoDNS takes it once"
            collector.enter(entry.file)
            collector.refuse(entry.line, Refused("record-repeated", "record", message), f"{name} {rtype}")
        elif earlier:
            collector.enter(earlier.file)
            collector.note(earlier.line, f"{name} {rtype} is replaced by a later source")
        if replacing or not earlier:
            found[entry.key] = entry
    return list(found.values())


def carry_all(collector: Collector, found: Iterable[Entry]) -> None:
    """Keep the records of a zone's entries, and note what of them stays behind."""
    undotted = [(entry, name) for entry in found for name in _carry(collector, entry)]
    if undotted:
        entry, name = undotted[0]
        more = f" and {len(undotted) - 1} more" if len(undotted) > 1 else ""
        collector.enter(entry.file)
        message = (
            f"{bounded(name)}{more} without a dot at the end are taken in full, since octoDNS knows no short names"
        )
        collector.note(entry.line, message if more else message.replace(" are ", " is ", 1))


def _carry(collector: Collector, entry: Entry) -> list[str]:
    """Keep the records of one entry; return the names in its values that no dot ends."""
    undotted: list[str] = []
    collector.enter(entry.file)
    name, data, line = entry.name, entry.data, entry.line
    if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
        message = f"{quoted(name)} holds {quoted(shown(data))}, not a record with a type"
        collector.refuse(line, Refused("field-missing", "type", message))
        return []
    rtype = data["type"]
    subject = f"{bounded(name) or '@'} {bounded(rtype)}"
    owner = f"{name}.{collector.zone}" if name not in {"", "@"} and collector.zone != "." else name
    if _left_behind(collector, line, subject, rtype, data):
        return []
    if rtype == _ROUTE53_ALIAS:
        _alias(collector, line, owner if name not in {"", "@"} else collector.zone, subject, data)
        return []
    with collector.refusing(line, subject):
        values = need(data, "values", "value")
        for value in filled(values, "values") if isinstance(values, list) else [values]:
            for field in sorted(mapping(value).keys() - _fields(rtype), key=str):
                collector.note(line, f"{subject}: the field {bounded(str(field))} of a value is not carried over")
            rdata = _rdata(rtype, value, undotted, escaped=entry.escaped)
            collector.add(line, owner, data.get("ttl", entry.default_ttl), rtype, rdata)
    return undotted


def _alias(collector: Collector, line: int, owner: str, subject: str, data: Mapping[str, Any]) -> None:
    """Keep what octodns-route53 writes of an alias: without a hosted zone, the name is one of this zone, and short."""
    with collector.refusing(line, subject):
        values = need(data, "values", "value")
        for value in filled(values, "values") if isinstance(values, list) else [values]:
            fields = mapping(value)
            name, rtype = text(fields.get("name") or ""), text(need(fields, "type"))
            short = f"{name}.{collector.zone}" if name else collector.zone
            target = name if fields.get("hosted-zone-id") or name.endswith(".") else short
            health = fields.get("evaluate-target-health") is True
            collector.alias(line, absolute(owner), rtype, absolute(target), health=health)


def _left_behind(collector: Collector, line: int, subject: str, rtype: str, data: Mapping[str, Any]) -> bool:
    """Note what octoDNS knows and records can't say; return whether that is the whole record."""
    extras = data.get("octodns") or {}
    extras = extras if isinstance(extras, Mapping) else {"extras": extras}
    if rtype in _NOT_DNS or ("/" in rtype and rtype != _ROUTE53_ALIAS):
        value = bounded(shown(data.get("value", data.get("values"))))
        collector.note(line, f"{subject} is no record type of the DNS and is not carried over: {value}")
        return True
    if extras.get("ignored"):
        collector.note(line, f"{subject} is ignored by octoDNS and is not carried over")
        return True
    if data.get("values") is not None and "value" in data:
        shown_value = bounded(shown(data["value"]))
        collector.note(line, f"{subject}: value={shown_value} is not carried over, since it has values, which count")
    for field in sorted(data.keys() - _KNOWN, key=str):
        collector.note(line, f"{subject}: the field {bounded(str(field))} is not carried over")
    for field in ("geo", "dynamic"):
        if field in data:
            collector.note(line, f"{subject}: {field} answers are not carried over, only the record's own values")
    paths = _paths(extras, "octodns")
    for path in islice(paths, SHOWN_EXTRAS):
        collector.note(line, f"{subject}: {bounded(path)} is not carried over")
    if next(paths, None):
        collector.note(line, f"{subject}: it has more extras, and none is carried over")
    return False


def _paths(extras: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in extras.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, f"{prefix}.{key}")
        else:
            yield f"{prefix}.{key}={shown(value)}"


def _rdata(rtype: str, value: Any, undotted: list[str], *, escaped: bool) -> str:
    if rtype in {"TXT", "SPF"}:
        return _text(text(value), escaped=escaped)
    if not isinstance(value, Mapping):
        # the plain types, and RDATA as text where octoDNS takes it
        rdata = text(value)
    elif rtype in {"HTTPS", "SVCB"}:
        rdata = _service(value)
    elif rtype in _FORMS:
        rdata = assembled(_DS_BEFORE_1_0 if rtype == "DS" and "public_key" in value else _FORMS[rtype], value)
    else:
        raise Refused("field-invalid", "value", f"{quoted(shown(value))} is not a text")
    return with_targets(rtype, rdata, lambda name: _in_full(name, undotted))


def _in_full(name: str, undotted: list[str]) -> str:
    """Return a name absolute: octoDNS hands it on as it is written, and a provider takes it in full."""
    if name == "@":
        raise Refused("name-ambiguous", "name", "octoDNS has no short form for the zone, and @ is one", value=name)
    if not name.endswith("."):
        undotted.append(name)
    return absolute(name)


def _fields(rtype: str) -> set[str]:
    """Return the fields that a value of a type may have."""
    if rtype in {"HTTPS", "SVCB"}:
        return {"svcpriority", "targetname", "svcparams"}
    return fields_of(_FORMS.get(rtype, ""), *([_DS_BEFORE_1_0] if rtype == "DS" else ()))


def _text(value: str, *, escaped: bool) -> str:
    # octoDNS drops the quotes of a quoted value, joins its strings, and keeps semicolons escaped
    if value.startswith('"'):
        value = value[1:-1]
    value = value.replace('" "', "")
    return strings(encoded(value.replace("\\;", ";") if escaped else value))


def _service(value: Mapping[str, Any]) -> str:
    params = value.get("svcparams") or {}
    if not isinstance(params, Mapping):
        raise Refused("field-invalid", "svcparams", f"{quoted(shown(params))} is not a mapping")
    pairs = [word(key) if given is None else f"{word(key)}={_parameter(given)}" for key, given in params.items()]
    return " ".join([assembled("svcpriority targetname", value), *pairs])


def _parameter(value: object) -> str:
    """A text, a number, or a list of them."""
    items = value if isinstance(value, list) else [value]
    escaped = [text(item) if value is item else text(item).replace("\\", "\\\\").replace(",", "\\,") for item in items]
    joined = ",".join(escaped)
    return joined if _BARE.fullmatch(joined) else string(joined)

"""DNSControl: the JSON of `print-ir`, and what `get-zones` prints as `--format=tsv` or `--format=zone`.

Sources: https://docs.dnscontrol.org/commands/get-zones and the JSON names of its models.RecordConfig.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sophia_infra.dns.importers.collector import Collector, Imported, read_master
from sophia_infra.dns.importers.values import (
    absolute,
    assembled,
    from_json,
    mapping,
    need,
    need_list,
    text,
    with_targets,
    word,
)
from sophia_infra.dns.reader.names import unambiguous
from sophia_infra.dns.reader.problems import Refused, bounded, quoted
from sophia_infra.dns.reader.rdata import encoded
from sophia_infra.dns.rr.record import is_at_or_below
from sophia_infra.dns.rr.txt import strings

DEFAULT_TTL = 300
"""Seconds of a record without a TTL: DNSControl's own default."""

TSV = re.compile(r"[^\t\n]+\t[^\t\n]+\t\d+\tIN\t[A-Z0-9_]+\t")
_MADE_BY = "save the output of: dnscontrol print-ir"
_ORIGIN = re.compile(r"^\$ORIGIN[ \t]+(\S+?)\.?[ \t]*$", re.MULTILINE)
_SETTINGS = (
    *("recordsabsent", "keepunknown", "unmanaged", "unmanaged_disable_safety_check"),
    *("ignore_external_dns", "external_dns_prefix", "auto_dnssec"),
)
"""What a domain says beside its records: NO_PURGE, IGNORE, AUTODNSSEC and the like."""
_BOOKKEEPING = "dnscontrol_"
"""How the metadata starts by which DNSControl itself keeps a domain's names."""
_OWN_META = ("orig_custom_type", "skip_fqdn_check")

# As the JSON names the fields; one that is zero is left out there.
_SERVICE = "svcpriority=0 target *svcparams="
_FORMS = {
    "CAA": 'caaflag=0 caatag "target"',
    "DNSKEY": "dnskeyflags=0 dnskeyprotocol=0 dnskeyalgorithm=0 dnskeypublickey",
    "DS": "dskeytag=0 dsalgorithm=0 dsdigesttype=0 dsdigest",
    "HTTPS": _SERVICE,
    "MX": "mxpreference=0 *target",
    "NAPTR": 'naptrorder=0 naptrpreference=0 "naptrflags=" "naptrservice=" "naptrregexp=" target=.',
    "SMIMEA": "smimeausage=0 smimeaselector=0 smimeamatchingtype=0 *target",
    "SOA": "target soambox soaserial=0 soarefresh=0 soaretry=0 soaexpire=0 soaminttl=0",
    "SRV": "srvpriority=0 srvweight=0 srvport=0 *target",
    "SSHFP": "sshfpalgorithm=0 sshfpfingerprint=0 *target",
    "SVCB": _SERVICE,
    "TLSA": "tlsausage=0 tlsaselector=0 tlsamatchingtype=0 *target",
}


def records(text_: str, origin: str, file: str) -> Imported:
    """Read one domain. A split horizon's is picked by its unique name, such as `shop.example!inside`."""
    if TSV.match(text_):
        return _from_tsv(text_, origin, file)
    if not text_.lstrip().startswith("{"):
        return _from_zone(text_, origin, file)
    collector = Collector(origin.partition("!")[0], file)
    with collector.refusing(0):
        _from_json(collector, _domain(text_, origin))
    return collector.imported()


def zones(text_: str, _: str) -> list[str]:
    """Return the domains' names, with their tags where there are any."""
    if TSV.match(text_):
        return list(dict.fromkeys(_tsv_zone(fields) for _, fields in _tsv_lines(text_)))
    if not text_.lstrip().startswith("{"):
        return list(dict.fromkeys(_ORIGIN.findall(text_)))
    return [_unique(domain) for domain in _domains(text_)]


def _domains(text_: str) -> list[Mapping[str, Any]]:
    found = need_list(from_json(text_, _MADE_BY), "domains", _MADE_BY)
    return [one for one in found if isinstance(one, Mapping) and isinstance(one.get("name"), str)]


def _unique(domain: Mapping[str, Any]) -> str:
    return f"{domain['name']}!{domain['tag']}" if domain.get("tag") else str(domain["name"])


def _domain(text_: str, origin: str) -> Mapping[str, Any]:
    wanted = origin.lower().rstrip(".")
    for domain in _domains(text_):
        if _unique(domain).lower() == wanted:
            return domain
    raise Refused("origin-invalid", "origin", f"it holds no domain {quoted(origin)}", fix="name one that it holds")


def _from_json(collector: Collector, domain: Mapping[str, Any]) -> None:
    for field in _SETTINGS:
        if domain.get(field):
            collector.note(0, f"{field}={bounded(str(domain[field]))} is not carried over")
    for key, value in mapping(domain.get("meta")).items():
        if not key.startswith(_BOOKKEEPING):
            collector.note(0, f"{bounded(key)}={bounded(str(value))} of the domain is not carried over")
    for server in domain.get("nameservers") or ():
        name = server.get("name") if isinstance(server, Mapping) else server
        collector.add(0, "@", DEFAULT_TTL, "NS", f"{str(name).rstrip('.')}.")
    for entry in need_list(domain, "records", _MADE_BY):
        _carry(collector, entry)


def _carry(collector: Collector, entry: Any) -> None:
    if not collector.is_record(0, entry):
        return
    name, rtype = entry["name"], entry["type"]
    subject = f"{bounded(name)} {bounded(rtype)}"
    if rtype == "R53_ALIAS":
        _alias(collector, subject, entry)
        return
    if not collector.knows(0, subject, rtype, entry.get("target")):
        return
    meta = entry.get("meta")
    for key, value in meta.items() if isinstance(meta, Mapping) else ():
        if key not in _OWN_META:
            collector.note(0, f"{subject}: {bounded(str(key))}={bounded(str(value))} is not carried over")
    owner = _full(name, collector.zone)
    with collector.refusing(0, subject):
        collector.add(0, owner, entry.get("ttl") or DEFAULT_TTL, rtype, _rdata(rtype, entry, collector.zone))


def _full(name: str, zone: str) -> str:
    return zone if name in {"", "@"} else f"{name}.{zone}"


def _alias(collector: Collector, subject: str, entry: Mapping[str, Any]) -> None:
    """An alias of Route 53, whose type and health check stand by themselves."""
    about = mapping(entry.get("r53_alias"))
    with collector.refusing(0, subject):
        owner, target = _full(entry["name"], collector.zone), absolute(text(need(entry, "target")))
        health = about.get("evaluate_target_health") in ("true", True)
        collector.alias(0, owner, text(need(about, "type")), target, health=health)


def _rdata(rtype: str, entry: Mapping[str, Any], zone: str) -> str:
    if rtype in {"TXT", "SPF"}:
        return strings(encoded(text(need(entry, "target"))))
    if entry.get("zonfefilepartial"):  # spelled so by DNSControl
        rdata = text(entry["zonfefilepartial"])
    else:
        mailbox = {"soambox": absolute(word(need(entry, "soambox")))} if rtype == "SOA" else {}
        rdata = assembled(_FORMS.get(rtype, "*target"), {**entry, **mailbox})
    return with_targets(rtype, rdata, lambda name: unambiguous(name, zone))


def _from_tsv(text_: str, origin: str, file: str) -> Imported:
    """Lines of name in full, name, TTL, class, type, data and, after one tab more, what only the provider knows."""
    collector = Collector(origin, file)
    for line, fields in _tsv_lines(text_):
        with collector.refusing(line):
            _carry_tsv(collector, line, fields)
    return collector.imported()


def _carry_tsv(collector: Collector, line: int, fields: list[str]) -> None:
    if len(fields) < 6:
        raise Refused("record-syntax", "record", "it is not a line of get-zones --format=tsv", value="\t".join(fields))
    name, _, ttl, _, rtype, rdata, *more = fields
    subject = f"{bounded(name)} {bounded(rtype)}"
    if not collector.knows(line, subject, rtype, rdata):
        return
    if more:
        collector.note(line, f"{subject}: {bounded(' '.join(more))} is not carried over")
    data = strings(encoded(rdata)) if rtype in {"TXT", "SPF"} else rdata
    collector.add(line, absolute(name), ttl, rtype, with_targets(rtype, data, absolute))


def _tsv_lines(text_: str) -> Iterator[tuple[int, list[str]]]:
    lines = enumerate(text_.split("\n"), 1)
    return ((number, line.rstrip("\r").split("\t")) for number, line in lines if line.strip())


def _tsv_zone(fields: list[str]) -> str:
    full, short = fields[0], fields[1] if len(fields) > 1 else ""
    return full.removesuffix(".") if short == "@" else full.removesuffix(".").removeprefix(f"{short}.")


def _from_zone(text_: str, origin: str, file: str) -> Imported:
    """A master file; with several zones in it, the part after the `$ORIGIN` that is asked for."""
    wanted = origin.lower().rstrip(".")
    lines = text_.split("\n")
    current, notes = wanted, []
    for index, line in enumerate(lines):
        place = f"{file}:{index + 1}"
        if found := _ORIGIN.match(line):
            current = found[1].lower()
            if not is_at_or_below(current, wanted):
                notes.append(f"{place}: the zone {bounded(current)} from here on is not carried over")
        if not is_at_or_below(current, wanted):
            lines[index] = ""
        elif line.startswith(";") and " IN ALIAS " in line:  # no type of the DNS, so it stands in a comment
            lines[index] = line[1:]
        elif line.startswith(";") and " IN " in line:
            notes.append(f"{place}: {bounded(line.lstrip('; '))} is no record of the DNS and is not carried over")
        elif comment := re.search(r" ;( ?CF_\w+.*)$", line):
            notes.append(f"{place}: {bounded(comment[1].strip())} is not carried over")
    found_zone = read_master("\n".join(lines), origin, file)
    return Imported(found_zone.records, (*notes, *found_zone.notes), found_zone.problems)

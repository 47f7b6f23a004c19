"""Records at Cloudflare and Route 53 in the state of Terraform (OpenTofu) and Pulumi: those of one zone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sophia_infra.dns.importers import cloudflare, route53, state_aws
from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.state_files import Resource, Resources, mappings
from sophia_infra.dns.reader.problems import Refused, bounded
from sophia_infra.dns.rr.record import is_at_or_below

_OTHER_RECORDS = re.compile(
    r"record|dns|cloudflare.*(load_?balancer|spectrum|email_?routing|custom_?domain|workers?_?domain|pages_?domain)",
    re.IGNORECASE,
)
"""The types of resources that are records, or have a provider make some."""
SHOWN_ZONES = 20
_PRIVATE = ("vpc", "vpcs", "private_zone")
_OF_THE_API = ("name", "type", "content", "ttl", "priority", "data", "proxied", "comment", "tags", "settings")


def records(read: Resources, text: str, origin: str, file: str) -> Imported:
    """Return the zone that the records among a state's resources make up.

    A record belongs to the zone that its `zone_id` is of. Where that can't be told, all is refused.
    """
    collector = Collector(origin, file)
    with collector.refusing(0):
        resources = list(read(text))
        names = _zone_names(resources)
        own = _own(resources, names, collector.zone.rstrip("."))
        for resource in resources:
            if resource.kind == "record":
                _carry(collector, resource, names, is_own=_zone_id(resource) in own)
            elif resource.kind not in {"zone", "zones"} and _OTHER_RECORDS.search(resource.kind):
                collector.note(0, f"{resource.address} is no record that is read here, and is not carried over")
    return collector.imported()


def zones(read: Resources, text: str, _: str) -> list[str]:
    """Return the names of the zones that are in a state, or that a record at their apex names."""
    resources = list(read(text))
    names = _zone_names(resources)
    apexes = {
        _zone_id(resource): str(resource.fields["hostname"])
        for resource in resources
        if resource.kind == "record" and resource.fields.get("hostname") and resource.fields.get("name") in ("", "@")
    }
    return list(dict.fromkeys({**apexes, **names}.values()))


def _zone_names(resources: Sequence[Resource]) -> dict[str, str]:
    found = {}
    for kind, fields in (pair for resource in resources for pair in _zones_of(resource)):
        name = fields.get("zone") or fields.get("name")
        identity = fields.get("id") or fields.get("zone_id")
        if kind == "zone" and isinstance(name, str) and isinstance(identity, str):
            found[_bare_id(identity)] = name.rstrip(".").lower()
    return found


def _private(resources: Sequence[Resource]) -> set[str]:
    """The hosted zones that answer in networks of their owner alone, beside one of the same name for the Internet."""
    zones = (resource.fields for resource in resources if resource.kind == "zone")
    private = (fields for fields in zones if any(fields.get(field) for field in _PRIVATE))
    return {_bare_id(str(fields.get("zone_id") or fields.get("id"))) for fields in private}


def _bare_id(identity: str) -> str:
    return identity.removeprefix("/hostedzone/")


def _zones_of(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.kind == "zones":  # a list, which version 5 of the provider calls `result`
        for field in ("zones", "result"):
            yield from (("zone", fields) for fields in mappings(resource.fields.get(field)))
    else:
        yield resource.kind, resource.fields


def _own(resources: Sequence[Resource], names: Mapping[str, str], zone: str) -> set[str]:
    """Return the `zone_id` by which the records of a zone are known: one, or several of the same name.

    Raises:
        Refused: nothing in the state tells which of several it is.
    """
    groups: dict[str, set[str]] = {}
    for resource in resources:
        if resource.kind == "record":
            groups.setdefault(_zone_id(resource), set()).update(_full_names(resource, zone))
    if named := {identity for identity, name in names.items() if name == zone}:
        return named - _private(resources) or named
    # what has full names, and none of them in the zone, is another one
    unnamed = {identity: full for identity, full in groups.items() if identity not in names}
    open_ = [
        identity for identity, full in unnamed.items() if not full or any(is_at_or_below(name, zone) for name in full)
    ]
    if len(open_) < 2:
        return set(open_)
    apexes = [identity for identity in open_ if zone in groups[identity]]
    if len(apexes) == 1:
        return set(apexes)
    shown = ", ".join(identity or "(none)" for identity in open_[:SHOWN_ZONES])
    message = f"the records of several zones could be those of {zone}: {bounded(shown)}"
    raise Refused("field-invalid", "zone_id", message, fix="let the state hold the zone too: data cloudflare_zone")


def _zone_id(resource: Resource) -> str:
    return _bare_id(str(resource.fields.get("zone_id") or ""))


def _full_names(resource: Resource, zone: str) -> Iterator[str]:
    """Yield the name of a record, where it certainly is its full one."""
    hostname, name = resource.fields.get("hostname"), resource.fields.get("name")
    for given, is_full in (
        (hostname, True),
        (name, resource.names_are_full or is_at_or_below(str(name).lower(), zone)),
    ):
        if isinstance(given, str) and is_full and "." in given:
            yield given.rstrip(".").lower()


def _carry(collector: Collector, resource: Resource, zones: Mapping[str, str], *, is_own: bool) -> None:
    fields = resource.fields
    if resource.secret:
        collector.note(0, f"{resource.address} holds a secret and is not carried over; give its value in the program")
        return
    name = fields.get("hostname") or fields.get("name")
    if not isinstance(name, str):
        collector.refuse(0, Refused("field-missing", "name", f"{resource.address} has no name"), resource.address)
        return
    if not is_own:
        zone = zones.get(_zone_id(resource), "")
        full = f"{_absolute(name, zone) if zone else name.rstrip('.')}."
        collector.note(
            0, f"{bounded(full)} {bounded(str(fields.get('type')))} is in another zone and is not carried over"
        )
        return
    zone = collector.zone.rstrip(".")
    if resource.is_aws:
        with collector.refusing(0, resource.address):
            route53.carry(collector, state_aws.entry(fields, _absolute(name, zone)))
        return
    entry = {field: fields.get(field) for field in _OF_THE_API}
    entry["name"] = _absolute(name, zone)
    entry["content"] = fields["content"] if fields.get("content") is not None else fields.get("value")
    entry["data"] = _data(fields.get("data"))
    entry["ttl"] = _whole(1 if fields.get("ttl") is None else fields["ttl"])
    entry["priority"] = _whole(fields.get("priority"))
    cloudflare.carry(collector, entry)


def _absolute(name: str, zone: str) -> str:
    """Before version 5 of the provider, a name may stand relative to its zone."""
    bare = name.rstrip(".")
    if bare in {"", "@"}:
        return zone
    return bare if is_at_or_below(bare.lower(), zone.lower()) else f"{bare}.{zone}"


def _data(given: Any) -> Any:
    """A block of Terraform's is a list of one; a field without a value stands as null."""
    block = given[0] if isinstance(given, list) and given else given
    if not isinstance(block, Mapping):
        return None
    values = {key: _dynamic(value) for key, value in block.items()}
    return {key: _whole(value) for key, value in values.items() if value is not None}


def _dynamic(value: Any) -> Any:
    """Version 5 of the provider declares some fields without a type; a state file stores the type with the value."""
    return value["value"] if isinstance(value, Mapping) and value.keys() == {"type", "value"} else value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value

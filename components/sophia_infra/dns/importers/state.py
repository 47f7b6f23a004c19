"""Cloudflare records in the state of Terraform (OpenTofu) and Pulumi.

Sources: the provider's resources `cloudflare_record` (up to version 4) and `cloudflare_dns_record` (from version 5),
the types of pulumi-cloudflare, https://developer.hashicorp.com/terraform/internals/json-format (the state file, version
4, and `terraform show -json`) and https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sophia_infra.dns.importers import cloudflare
from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.values import from_json, listed, mapping
from sophia_infra.dns.reader.problems import Refused, bounded

_OTHER_RECORDS = re.compile(
    r"record|dns|cloudflare.*(load_?balancer|spectrum|email_?routing|workers?_?(custom_?)?domain|pages_?domain)",
    re.IGNORECASE,
)
"""The types of resources that are records, or have a provider make some."""
_KINDS = {
    "cloudflare_record": "record",
    "cloudflare_dns_record": "record",
    "cloudflare_zone": "zone",
    "cloudflare_zones": "zones",
    "cloudflare:index/record:Record": "record",
    "cloudflare:index/dnsRecord:DnsRecord": "record",
    "cloudflare:index/zone:Zone": "zone",
}
_FULL = frozenset({"cloudflare_dns_record", "cloudflare:index/dnsRecord:DnsRecord"})
"""The resources whose names are full ones, as from version 5 of the provider."""
SHOWN_ZONES = 20
_BY_TERRAFORM = "save the output of: terraform show -json, or terraform state pull"
_BY_PULUMI = "save the output of: pulumi stack export"
STATE_VERSION = 4
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  # the key by which Pulumi marks a value as special
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_OF_THE_API = ("name", "type", "content", "ttl", "priority", "data", "proxied", "comment", "tags", "settings")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a state: `kind` is `record`, `zone`, `zones` or the tool's own name of any other type."""

    address: str
    kind: str
    fields: Mapping[str, Any]
    secret: bool = False
    names_are_full: bool = False


Resources = Callable[[str], Iterable[Resource]]
"""Reads the resources of a state's text; raises Refused where it is none."""


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
                collector.note(0, f"{resource.address} is not a Cloudflare record and is not carried over")
    return collector.imported()


def zones(read: Resources, text: str, _: str) -> list[str]:
    """Return the names of the zones that are in a state, or that a record at their apex names."""
    resources = list(read(text))
    names = _zone_names(resources)
    apexes = {
        _zone_id(resource): str(resource.fields["hostname"])
        for resource in resources
        if resource.kind == "record" and resource.fields.get("hostname") and resource.fields.get("name") in {"", "@"}
    }
    return list(dict.fromkeys({**apexes, **names}.values()))


def _zone_names(resources: Sequence[Resource]) -> dict[str, str]:
    found = {}
    for kind, fields in (pair for resource in resources for pair in _zones_of(resource)):
        name = fields.get("zone") or fields.get("name")
        identity = fields.get("id") or fields.get("zone_id")
        if kind == "zone" and isinstance(name, str) and isinstance(identity, str):
            found[identity] = name.rstrip(".").lower()
    return found


def _zones_of(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if resource.kind == "zones":  # a list, which version 5 of the provider calls `result`
        for field in ("zones", "result"):
            yield from (("zone", fields) for fields in _mappings(resource.fields.get(field)))
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
        return named
    # what has full names, and none of them in the zone, is another one
    unnamed = {identity: full for identity, full in groups.items() if identity not in names}
    open_ = [identity for identity, full in unnamed.items() if not full or any(_is_in(name, zone) for name in full)]
    if len(open_) < 2:
        return set(open_)
    apexes = [identity for identity in open_ if zone in groups[identity]]
    if len(apexes) == 1:
        return set(apexes)
    shown = ", ".join(identity or "(none)" for identity in open_[:SHOWN_ZONES])
    message = f"the records of several zones could be those of {zone}: {bounded(shown)}"
    raise Refused("field-invalid", "zone_id", message, fix="let the state hold the zone too: data cloudflare_zone")


def _zone_id(resource: Resource) -> str:
    return str(resource.fields.get("zone_id") or "")


def _full_names(resource: Resource, zone: str) -> Iterator[str]:
    """Yield the name of a record, where it certainly is its full one."""
    hostname, name = resource.fields.get("hostname"), resource.fields.get("name")
    for given, is_full in ((hostname, True), (name, resource.names_are_full or _is_in(str(name).lower(), zone))):
        if isinstance(given, str) and is_full and "." in given:
            yield given.rstrip(".").lower()


def _is_in(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


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
    entry = {field: fields.get(field) for field in _OF_THE_API}
    entry["name"] = _absolute(name, zone)
    entry["content"] = fields["content"] if fields.get("content") is not None else fields.get("value")
    entry["data"] = _data(fields.get("data"))
    entry["ttl"] = _whole(1 if fields.get("ttl") is None else fields["ttl"])
    entry["priority"] = _whole(fields.get("priority"))
    entry["settings"] = _set_only(fields.get("settings"))
    cloudflare.carry(collector, entry)


def _absolute(name: str, zone: str) -> str:
    """Before version 5 of the provider, a name may stand relative to its zone."""
    bare = name.rstrip(".")
    if bare in {"", "@"}:
        return zone
    return bare if _is_in(bare.lower(), zone.lower()) else f"{bare}.{zone}"


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


def _set_only(given: Any) -> Any:
    return {key: value for key, value in given.items() if value} if isinstance(given, Mapping) else given


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def terraform(text: str) -> list[Resource]:
    """Return the resources of a Terraform state, in either of its two forms."""
    parsed = from_json(text, _BY_TERRAFORM)
    if not isinstance(parsed, Mapping):
        raise Refused("field-invalid", "file", "it is not a state", fix=_BY_TERRAFORM)
    if isinstance(parsed.get("resources"), list):
        if parsed.get("version") != STATE_VERSION:
            message = f"the state has version {parsed.get('version')!r}, not {STATE_VERSION}"
            raise Refused("field-invalid", "version", message, fix="let Terraform 0.12 or newer write it")
        return list(_of_state_file(parsed["resources"]))
    if isinstance(root := mapping(parsed.get("values")).get("root_module"), Mapping):
        return list(_of_module(root))
    raise Refused("field-missing", "resources", "it holds no resources", fix=_BY_TERRAFORM)


def _of_state_file(resources: Any) -> Iterator[Resource]:
    for resource in _mappings(resources):
        for instance in _mappings(resource.get("instances")):
            key = instance.get("index_key")
            mode = "data" if resource.get("mode") == "data" else ""
            address = _address(resource.get("module"), mode, resource.get("type"), resource.get("name"))
            place = address if key is None else f"{address}[{key!r}]"
            marked = _named_in(instance.get("sensitive_attributes"))
            yield from _resource(place, resource, instance.get("attributes"), marked)


def _of_module(module: Mapping[str, Any]) -> Iterator[Resource]:
    for resource in _mappings(module.get("resources")):
        marked = {name for name, mark in mapping(resource.get("sensitive_values")).items() if _is_marked(mark)}
        yield from _resource(_address(resource.get("address")), resource, resource.get("values"), marked)
    for child in _mappings(module.get("child_modules")):
        yield from _of_module(child)


def _is_marked(mark: Any) -> bool:
    """Whether something below a value is sensitive."""
    inner = mark.values() if isinstance(mark, Mapping) else mark if isinstance(mark, list) else ()
    return mark is True or any(map(_is_marked, inner))


def _named_in(paths: Any) -> set[str]:
    """The attributes that the state file marks as sensitive, each by a path of steps."""
    return {str(step.get("value")) for path in (paths if isinstance(paths, list) else ()) for step in _mappings(path)}


def _resource(address: str, resource: Mapping[str, Any], fields: Any, marked: set[str]) -> Iterator[Resource]:
    kind = _kind(resource)
    # a data source only reads what somebody else manages; of those a zone's name is of use
    if kind in {"zone", "zones"} or resource.get("mode") != "data":
        secret = bool(marked & {"content", "value", "data"})
        yield Resource(address, kind, mapping(fields), secret, resource.get("type") in _FULL)


def pulumi(text: str) -> Iterator[Resource]:
    """Yield the resources of a Pulumi stack."""
    parsed = from_json(text, _BY_PULUMI)
    for resource in _mappings(listed(mapping(parsed).get("deployment"), "resources", _BY_PULUMI)):
        # what stands in the state only until it is deleted is no part of the zone any more
        if resource.get("custom") and not resource.get("delete") and not resource.get("external"):
            outputs = resource.get("outputs") or resource.get("inputs")
            fields = _snake(mapping(outputs))
            address = _address(str(resource.get("urn")).rpartition("::")[2] or resource.get("type"))
            fields = {"id": resource.get("id"), **fields}
            yield Resource(address, _kind(resource), fields, _is_secret(outputs), resource.get("type") in _FULL)


def _snake(value: Any) -> Any:
    """Pulumi writes the provider's field names with humps."""
    if isinstance(value, Mapping):
        return {_HUMP.sub(lambda hump: f"_{hump[1].lower()}", str(key)): _snake(item) for key, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _SECRET in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))


def _kind(resource: Mapping[str, Any]) -> str:
    return _KINDS.get(str(resource.get("type")), str(resource.get("type")))


def _mappings(found: Any) -> Iterator[Mapping[str, Any]]:
    """What of a list is a mapping; a state holds nothing else that counts."""
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else iter(())


def _address(*parts: Any) -> str:
    return bounded(".".join(str(part) for part in parts if part))

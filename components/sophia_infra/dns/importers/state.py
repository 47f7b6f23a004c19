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

_OTHER_RECORDS = re.compile(r"record|dns", re.IGNORECASE)
_KINDS = {
    "cloudflare_record": "record",
    "cloudflare_dns_record": "record",
    "cloudflare_zone": "zone",
    "cloudflare:index/record:Record": "record",
    "cloudflare:index/dnsRecord:DnsRecord": "record",
    "cloudflare:index/zone:Zone": "zone",
}
_BY_TERRAFORM = "save the output of: terraform show -json, or terraform state pull"
_BY_PULUMI = "save the output of: pulumi stack export"
STATE_VERSION = 4
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  # the key by which Pulumi marks a value as special
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_OF_THE_API = ("name", "type", "content", "ttl", "priority", "data", "proxied", "comment", "tags", "settings")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a state: `kind` is `record`, `zone` or the tool's own name of any other type."""

    address: str
    kind: str
    fields: Mapping[str, Any]
    secret: bool = False


Resources = Callable[[str], Iterable[Resource]]
"""Reads the resources of a state's text; raises Refused where it is none."""


def records(read: Resources, text: str, origin: str, file: str) -> Imported:
    """Return the zone that the records among a state's resources make up."""
    collector = Collector(origin, file)
    with collector.refusing(0):
        resources = list(read(text))
        names = _zone_names(resources)
        for resource in resources:
            if resource.kind == "record":
                _carry(collector, resource, names)
            elif resource.kind != "zone" and _OTHER_RECORDS.search(resource.kind):
                collector.note(0, f"{resource.address} is not a Cloudflare record and is not carried over")
    return collector.imported()


def zones(read: Resources, text: str, _: str) -> list[str]:
    """Return the names of the zones that are in a state and that its records name."""
    return list(dict.fromkeys(_zone_names(list(read(text))).values()))


def _zone_names(resources: Sequence[Resource]) -> dict[str, str]:
    found = {}
    for resource in resources:
        name = resource.fields.get("zone") or resource.fields.get("name")
        identity = resource.fields.get("id") or resource.fields.get("zone_id")
        if resource.kind == "zone" and isinstance(name, str) and isinstance(identity, str):
            found[identity] = name
    return found


def _carry(collector: Collector, resource: Resource, zones: Mapping[str, str]) -> None:
    fields = resource.fields
    if resource.secret:
        collector.note(0, f"{resource.address} holds a secret and is not carried over; give its value in the program")
        return
    name = fields.get("hostname") or fields.get("name")
    if not isinstance(name, str):
        collector.refuse(0, Refused("field-missing", "name", f"{resource.address} has no name"), resource.address)
        return
    zone = zones.get(str(fields.get("zone_id")), "")
    entry = {field: fields.get(field) for field in _OF_THE_API}
    entry["name"] = _absolute(name, zone or collector.zone.rstrip("."))
    entry["content"] = fields["content"] if fields.get("content") is not None else fields.get("value")
    entry["data"] = _data(fields.get("data"))
    entry["ttl"] = _whole(1 if fields.get("ttl") is None else fields["ttl"])
    entry["priority"] = _whole(fields.get("priority"))
    entry["settings"] = _set_only(fields.get("settings"))
    cloudflare.carry(collector, entry)


def _absolute(name: str, zone: str) -> str:
    """Before version 5 of the provider, a name may stand relative to its zone."""
    bare, low = name.rstrip("."), zone.lower()
    if bare in {"", "@"}:
        return zone
    inside = bare.lower() == low or bare.lower().endswith(f".{low}")
    return bare if inside else f"{bare}.{zone}"


def _data(given: Any) -> Any:
    """A block of Terraform's is a list of one; a field without a value stands as null."""
    block = given[0] if isinstance(given, list) and given else given
    if not isinstance(block, Mapping):
        return None
    return {key: _whole(value) for key, value in block.items() if value is not None}


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
        marked = {name for name, mark in mapping(resource.get("sensitive_values")).items() if mark is True}
        yield from _resource(_address(resource.get("address")), resource, resource.get("values"), marked)
    for child in _mappings(module.get("child_modules")):
        yield from _of_module(child)


def _named_in(paths: Any) -> set[str]:
    """The attributes that the state file marks as sensitive, each by a path of steps."""
    return {str(step.get("value")) for path in (paths if isinstance(paths, list) else ()) for step in _mappings(path)}


def _resource(address: str, resource: Mapping[str, Any], fields: Any, marked: set[str]) -> Iterator[Resource]:
    kind = _kind(resource)
    # a data source only reads what somebody else manages; of those a zone's name is of use
    if kind == "zone" or resource.get("mode") != "data":
        secret = bool(marked & {"content", "value", "data"})
        yield Resource(address, kind, mapping(fields), secret)


def pulumi(text: str) -> Iterator[Resource]:
    """Yield the resources of a Pulumi stack."""
    parsed = from_json(text, _BY_PULUMI)
    for resource in _mappings(listed(mapping(parsed).get("deployment"), "resources", _BY_PULUMI)):
        # what stands in the state only until it is deleted is no part of the zone any more
        if resource.get("custom") and not resource.get("delete") and not resource.get("external"):
            outputs = resource.get("outputs") or resource.get("inputs")
            fields = _snake(mapping(outputs))
            address = _address(str(resource.get("urn")).rpartition("::")[2] or resource.get("type"))
            yield Resource(address, _kind(resource), {"id": resource.get("id"), **fields}, _is_secret(outputs))


def _snake(value: Any) -> Any:
    """Pulumi writes the provider's field names with humps."""
    if isinstance(value, Mapping):
        return {_HUMP.sub(lambda hump: f"_{hump[1].lower()}", str(key)): _snake(one) for key, one in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _SECRET in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))


def _kind(resource: Mapping[str, Any]) -> str:
    return _KINDS.get(str(resource.get("type")), str(resource.get("type")))


def _mappings(found: Any) -> Iterator[Mapping[str, Any]]:
    """What of a list is a mapping; a state holds nothing else that counts."""
    return (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else iter(())


def _address(*parts: Any) -> str:
    return bounded(".".join(str(part) for part in parts if part))

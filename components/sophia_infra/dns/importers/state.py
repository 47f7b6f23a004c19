"""Cloudflare records in the state of Terraform and Pulumi; the two modules beside this one read the files.

Sources: the provider's resources `cloudflare_record` (up to version 4) and `cloudflare_dns_record` (from version 5).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sophia_infra.dns.importers import cloudflare
from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.reader.problems import Refused, bounded

_OTHER_RECORDS = re.compile(r"record|dns", re.IGNORECASE)
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


def imported(read: Resources, text: str, origin: str, file: str) -> Imported:
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


def zones(read: Resources, text: str) -> list[str]:
    """Return the names of the zones that are in a state and that its records name."""
    try:
        return list(dict.fromkeys(_zone_names(list(read(text))).values()))
    except Refused:
        return []


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


def mappings(found: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what of a list is a mapping; a state holds nothing else that counts."""
    return (one for one in found if isinstance(one, Mapping)) if isinstance(found, list) else iter(())


def address_of(*parts: Any) -> str:
    """Return a resource's address as messages give it."""
    return bounded(".".join(str(part) for part in parts if part))

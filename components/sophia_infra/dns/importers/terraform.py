"""Terraform (OpenTofu) state of Cloudflare records: the state file, version 4, or `terraform show -json`.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sophia_infra.dns.importers import state
from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.importers.state import Resource, address_of, mappings
from sophia_infra.dns.importers.values import from_json
from sophia_infra.dns.reader.problems import Refused

_MADE_BY = "save the output of: terraform show -json, or terraform state pull"
_KINDS = {"cloudflare_record": "record", "cloudflare_dns_record": "record", "cloudflare_zone": "zone"}
STATE_VERSION = 4


def records(text: str, origin: str, file: str) -> Imported:
    """Read the records of one zone."""
    return state.imported(_resources, text, origin, file)


def zones(text: str, _: str) -> list[str]:
    """Return the zones that the state names."""
    return state.zones(_resources, text)


def _resources(text: str) -> list[Resource]:
    parsed = from_json(text, _MADE_BY)
    if not isinstance(parsed, Mapping):
        raise Refused("field-invalid", "file", "it is not a state", fix=_MADE_BY)
    if isinstance(parsed.get("resources"), list):
        if parsed.get("version") != STATE_VERSION:
            message = f"the state has version {parsed.get('version')!r}, not {STATE_VERSION}"
            raise Refused("field-invalid", "version", message, fix="let Terraform 0.12 or newer write it")
        return list(_of_state_file(parsed["resources"]))
    values = parsed.get("values")
    if isinstance(values, Mapping) and isinstance(values.get("root_module"), Mapping):
        return list(_of_module(values["root_module"]))
    raise Refused("field-missing", "resources", "it holds no resources", fix=_MADE_BY)


def _of_state_file(resources: Any) -> Iterator[Resource]:
    for one in mappings(resources):
        for instance in mappings(one.get("instances")):
            key = instance.get("index_key")
            mode = "data" if one.get("mode") == "data" else ""
            address = address_of(one.get("module"), mode, one.get("type"), one.get("name"))
            place = address if key is None else f"{address}[{key!r}]"
            marked = _named_in(instance.get("sensitive_attributes"))
            yield from _resource(place, one, instance.get("attributes"), marked)


def _of_module(module: Mapping[str, Any]) -> Iterator[Resource]:
    for one in mappings(module.get("resources")):
        given = one.get("sensitive_values")
        marked = {name for name, mark in given.items() if mark is True} if isinstance(given, Mapping) else set()
        yield from _resource(address_of(one.get("address")), one, one.get("values"), marked)
    for child in mappings(module.get("child_modules")):
        yield from _of_module(child)


def _named_in(paths: Any) -> set[str]:
    """The attributes that the state file marks as sensitive, each by a path of steps."""
    steps = (step for path in paths for step in mappings(path)) if isinstance(paths, list) else iter(())
    return {str(step.get("value")) for step in steps}


def _resource(address: str, one: Mapping[str, Any], fields: Any, marked: set[str]) -> Iterator[Resource]:
    kind = _KINDS.get(str(one.get("type")), str(one.get("type")))
    # a data source only reads what somebody else manages; of those a zone's name is of use
    if kind == "zone" or one.get("mode") != "data":
        secret = bool(marked & {"content", "value", "data"})
        yield Resource(address, kind, fields if isinstance(fields, Mapping) else {}, secret)

"""Pulumi state of Cloudflare records: what `pulumi stack export` prints.

Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/; the types are those of pulumi-cloudflare.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sophia_infra.dns.importers import state
from sophia_infra.dns.importers.collector import Imported
from sophia_infra.dns.importers.state import Resource, address_of, mappings
from sophia_infra.dns.importers.values import from_json, listed

_MADE_BY = "save the output of: pulumi stack export"
_KINDS = {
    "cloudflare:index/record:Record": "record",
    "cloudflare:index/dnsRecord:DnsRecord": "record",
    "cloudflare:index/zone:Zone": "zone",
}
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105  # the key by which Pulumi marks a value as special
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


def records(text: str, origin: str, file: str) -> Imported:
    """Read the records of one zone."""
    return state.imported(_resources, text, origin, file)


def zones(text: str, _: str) -> list[str]:
    """Return the zones that the state names."""
    return state.zones(_resources, text)


def _resources(text: str) -> Iterator[Resource]:
    parsed = from_json(text, _MADE_BY)
    deployment = parsed.get("deployment") if isinstance(parsed, Mapping) else None
    for one in mappings(listed(deployment, "resources", _MADE_BY)):
        kind = _KINDS.get(str(one.get("type")), str(one.get("type")))
        # what stands in the state only until it is deleted is no part of the zone any more
        if one.get("custom") and not one.get("delete") and not one.get("external"):
            outputs = one.get("outputs") or one.get("inputs")
            fields = _snake(outputs) if isinstance(outputs, Mapping) else {}
            address = address_of(str(one.get("urn")).rpartition("::")[2] or one.get("type"))
            yield Resource(address, kind, {"id": one.get("id"), **fields}, _is_secret(outputs))


def _snake(value: Any) -> Any:
    """Pulumi writes the provider's field names with humps."""
    if isinstance(value, Mapping):
        return {_HUMP.sub(lambda hump: f"_{hump[1].lower()}", str(key)): _snake(one) for key, one in value.items()}
    return [_snake(one) for one in value] if isinstance(value, list) else value


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return _SECRET in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))

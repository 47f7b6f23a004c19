"""The resources of a state: Terraform's (OpenTofu's) in its two forms, and Pulumi's.

Sources: https://developer.hashicorp.com/terraform/internals/json-format (the state file, version 4, and `terraform show
-json`) and https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/; of types of records, the provider's
resources `cloudflare_record` (up to version 4), `cloudflare_dns_record` (from version 5) and `aws_route53_record`, and
what pulumi-cloudflare and pulumi-aws call them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sophia_infra.dns.importers.values import from_json, mapping, need_list
from sophia_infra.dns.reader.problems import Refused, bounded

_KINDS = {
    "cloudflare_record": "record",
    "cloudflare_dns_record": "record",
    "cloudflare_zone": "zone",
    "cloudflare_zones": "zones",
    "cloudflare:index/record:Record": "record",
    "cloudflare:index/dnsRecord:DnsRecord": "record",
    "cloudflare:index/zone:Zone": "zone",
    "aws_route53_record": "record",
    "aws_route53_zone": "zone",
    "aws:route53/record:Record": "record",
    "aws:route53/zone:Zone": "zone",
}
_FULL = frozenset({"cloudflare_dns_record", "cloudflare:index/dnsRecord:DnsRecord"})
"""The resources whose names are full ones, as from version 5 of the provider."""
_AWS = frozenset({"aws_route53_record", "aws:route53/record:Record"})
_BY_TERRAFORM = "save the output of: terraform show -json, or terraform state pull"
_BY_PULUMI = "save the output of: pulumi stack export"
STATE_VERSION = 4
SPECIAL = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a value as special, such as a secret."""
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a state: `kind` is `record`, `zone`, `zones` or the tool's own name of any other type.

    `urn` and `inputs`, as they stand there, are Pulumi's alone.
    """

    address: str
    kind: str
    fields: Mapping[str, Any]
    secret: bool = False
    names_are_full: bool = False
    is_aws: bool = False
    urn: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the program calls it; Pulumi's alone."""
        return self.urn.rpartition("::")[2]


Resources = Callable[[str], Iterable[Resource]]
"""Reads the resources of a state's text; raises Refused where it is none."""


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
    for resource in mappings(resources):
        for instance in mappings(resource.get("instances")):
            key = instance.get("index_key")
            mode = "data" if resource.get("mode") == "data" else ""
            address = _address(resource.get("module"), mode, resource.get("type"), resource.get("name"))
            place = address if key is None else f"{address}[{key!r}]"
            marked = _named_in(instance.get("sensitive_attributes"))
            yield from _resource(place, resource, instance.get("attributes"), marked)


def _of_module(module: Mapping[str, Any]) -> Iterator[Resource]:
    for resource in mappings(module.get("resources")):
        marked = {name for name, mark in mapping(resource.get("sensitive_values")).items() if _is_marked(mark)}
        yield from _resource(_address(resource.get("address")), resource, resource.get("values"), marked)
    for child in mappings(module.get("child_modules")):
        yield from _of_module(child)


def _is_marked(mark: Any) -> bool:
    """Whether something below a value is sensitive."""
    inner = mark.values() if isinstance(mark, Mapping) else mark if isinstance(mark, list) else ()
    return mark is True or any(map(_is_marked, inner))


def _named_in(paths: Any) -> set[str]:
    """The attributes that the state file marks as sensitive, each by a path of steps."""
    return {str(step.get("value")) for path in (paths if isinstance(paths, list) else ()) for step in mappings(path)}


def _resource(address: str, resource: Mapping[str, Any], fields: Any, marked: set[str]) -> Iterator[Resource]:
    kind = _kind(resource)
    # a data source only reads what somebody else manages; of those a zone's name is of use
    if kind in {"zone", "zones"} or resource.get("mode") != "data":
        secret = bool(marked & {"content", "value", "data", "records", "alias"})
        yield _made(address, kind, mapping(fields), secret, resource.get("type"))


def pulumi(text: str) -> Iterator[Resource]:
    """Yield the resources of a Pulumi stack."""
    deployment = mapping(mapping(from_json(text, _BY_PULUMI)).get("deployment"))
    if "manifest" in deployment and "resources" not in deployment:
        return  # a stack that is new
    for resource in mappings(need_list(deployment, "resources", _BY_PULUMI)):
        # what stands in the state only until it is deleted is no part of the zone any more
        if resource.get("custom") and not resource.get("delete") and not resource.get("external"):
            outputs = resource.get("outputs") or resource.get("inputs")
            fields = _snake(mapping(outputs))
            address = _address(str(resource.get("urn")).rpartition("::")[2] or resource.get("type"))
            fields = {"id": resource.get("id"), **fields}
            made = _made(address, _kind(resource), fields, _is_secret(outputs), resource.get("type"))
            yield replace(made, urn=str(resource.get("urn")), inputs=mapping(resource.get("inputs")))


def _made(address: str, kind: str, fields: Mapping[str, Any], secret: bool, type_: object) -> Resource:
    name = str(type_)
    if name in _AWS:
        fields = {**fields, "hostname": fields.get("fqdn")}
    return Resource(address, kind, fields, secret, name in _FULL, name in _AWS)


def _snake(value: Any) -> Any:
    """Pulumi writes the provider's field names with humps."""
    if isinstance(value, Mapping):
        return {_HUMP.sub(lambda hump: f"_{hump[1].lower()}", str(key)): _snake(item) for key, item in value.items()}
    return [_snake(item) for item in value] if isinstance(value, list) else value


def _is_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return SPECIAL in value or any(map(_is_secret, value.values()))
    return isinstance(value, list) and any(map(_is_secret, value))


def _kind(resource: Mapping[str, Any]) -> str:
    return _KINDS.get(str(resource.get("type")), str(resource.get("type")))


def mappings(found: Any) -> Iterator[Mapping[str, Any]]:
    """What of a list is a mapping; a state holds nothing else that counts."""
    return (item for item in found if isinstance(item, Mapping)) if isinstance(found, list) else iter(())


def _address(*parts: Any) -> str:
    return bounded(".".join(str(part) for part in parts if part))

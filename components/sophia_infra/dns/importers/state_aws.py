"""The fields of Terraform's `aws_route53_record`, and of its type in pulumi-aws, as Route 53's API has them.

Sources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/route53_record and its state: a TXT
stands there without its outermost quotes, and what is split into several strings with `""` or `" "` in it.
"""

from collections.abc import Mapping
from typing import Any

from sophia_infra.dns.importers.values import mapping, shown
from sophia_infra.dns.reader.problems import Refused, quoted

_POLICIES = {
    "weighted": "Weight",
    "latency": "Region",
    "failover": "Failover",
    "geolocation": "GeoLocation",
    "geoproximity": "GeoProximityLocation",
    "cidr": "CidrRoutingConfig",
}
_KEPT = {
    "set_identifier": "SetIdentifier",
    "health_check_id": "HealthCheckId",
    "multivalue_answer_routing_policy": "MultiValueAnswer",
}


def entry(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a record set as the API lists it; what is empty in a state is not there."""
    rtype = fields.get("type")
    found: dict[str, Any] = {"Name": name, "Type": rtype}
    found |= {there: fields[here] for here, there in _KEPT.items() if fields.get(here)}
    for policy, field in _POLICIES.items():
        if given := _block(fields.get(f"{policy}_routing_policy") or fields.get(f"{policy}_routing_policies")):
            found[field] = next(iter(given.values())) if len(given) == 1 else dict(given)
    if alias := _block(fields.get("alias") or fields.get("aliases")):
        health = alias.get("evaluate_target_health")
        return found | {"AliasTarget": {"DNSName": alias.get("name"), "EvaluateTargetHealth": health}}
    values = fields.get("records") or []
    if not isinstance(values, list):
        message = f"{quoted(shown(values))} is not a list"
        raise Refused("field-invalid", "records", message, fix="let the tool write the state")
    values = [_quoted(value) if rtype in ("TXT", "SPF") else value for value in values]
    ttl = fields.get("ttl")
    ttl = int(ttl) if isinstance(ttl, float) and ttl.is_integer() else ttl
    return found | {"TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def _block(given: Any) -> Mapping[str, Any]:
    """A block is a list of one in a state, and of Pulumi's some are no list."""
    return mapping(given[0] if isinstance(given, list) and given else given)


def _quoted(value: Any) -> Any:
    if not isinstance(value, str) or (len(value) > 1 and value[0] == value[-1] == '"'):
        return value
    return f'"{value}"'

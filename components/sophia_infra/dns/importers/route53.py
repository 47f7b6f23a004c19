"""Route 53: what `aws route53 list-resource-record-sets` prints, or what the API answers.

Source: https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html; the escapes in names and
values: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
"""

import re
from collections.abc import Mapping
from typing import Any

from sophia_infra.dns.importers.collector import Collector, Imported
from sophia_infra.dns.importers.values import absolute, filled, from_json, mapping, need, need_list, text, with_targets
from sophia_infra.dns.reader.problems import Refused, bounded

_MADE_BY = "save the output of: aws route53 list-resource-record-sets --hosted-zone-id ... --output json"
_OCTAL = re.compile(r"\\([0-3][0-7]{2})")
_ROUTED = ("Weight", "Region", "Failover", "GeoLocation", "GeoProximityLocation", "CidrRoutingConfig")
"""Each of them picks one of several sets of the same name and type for a client; a zone has but one."""
_NOTED = ("HealthCheckId", "TrafficPolicyInstanceId")


def records(text_: str, origin: str, file: str) -> Imported:
    """Read a hosted zone's record sets. What picks an answer by client, weight or health is noted, and not carried."""
    collector = Collector(origin, file)
    with collector.refusing(0):
        for entry in _sets(text_):
            carry(collector, entry)
    return collector.imported()


def zones(text_: str, _: str) -> list[str]:
    """Return the names that have an SOA: the hosted zone's."""
    found = (entry.get("Name") for entry in _sets(text_) if isinstance(entry, Mapping) and entry.get("Type") == "SOA")
    return [name.rstrip(".") for name in found if isinstance(name, str)]


def _sets(text_: str) -> list[Any]:
    parsed = from_json(text_, _MADE_BY)
    found = need_list(parsed, "ResourceRecordSets", _MADE_BY)
    for field in ("IsTruncated", "NextToken"):
        if parsed.get(field):
            message = "it is only a part of the record sets"
            raise Refused("field-invalid", field, message, fix="list them without --max-items or --no-paginate")
    return found


def carry(collector: Collector, entry: Any) -> None:
    """Keep one record set of the API's, and note what a zone can't say of it."""
    if not collector.is_record(0, entry, "Name", "Type"):
        return
    name, rtype = _decimal(entry["Name"].rstrip(".") + "."), entry["Type"]
    subject = f"{bounded(name)} {bounded(rtype)}"
    if _left_behind(collector, subject, rtype, entry):
        return
    with collector.refusing(0, subject):
        if alias := entry.get("AliasTarget"):
            target = absolute(_decimal(text(need(mapping(alias), "DNSName"))))
            collector.alias(0, name, rtype, target, health=mapping(alias).get("EvaluateTargetHealth") is True)
            return
        for record in filled(need_list(entry, "ResourceRecords", _MADE_BY), "ResourceRecords"):
            value = text(need(record if isinstance(record, Mapping) else {}, "Value"))
            collector.add(0, name, need(entry, "TTL"), rtype, with_targets(rtype, _decimal(value), absolute))


def _left_behind(collector: Collector, subject: str, rtype: str, entry: Mapping[str, Any]) -> bool:
    """Note what a zone can't say; return whether that is the whole set."""
    routed = [f"{field}={entry[field]}" for field in _ROUTED if entry.get(field) is not None]
    if routed:
        which = f" ({bounded(str(entry['SetIdentifier']))})" if entry.get("SetIdentifier") else ""
        collector.note(0, f"{subject}{which} is routed by {bounded(', '.join(routed))} and is not carried over")
    if routed or not collector.knows(0, subject, rtype, entry.get("ResourceRecords")):
        return True
    for field in _NOTED:
        if entry.get(field):
            collector.note(0, f"{subject}: {field}={bounded(str(entry[field]))} is not carried over")
    if entry.get("MultiValueAnswer"):
        collector.note(0, f"{subject}: the choice of multivalue answers is not carried over, all values are")
    return False


def _decimal(value: str) -> str:
    """Route 53 escapes octets in octal, master files in decimal."""
    return _OCTAL.sub(lambda found: f"\\{int(found[1], 8):03d}", value)

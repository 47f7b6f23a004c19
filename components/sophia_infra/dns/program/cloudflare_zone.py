"""The zone at Cloudflare itself, its DNSSEC and its settings: resources of pulumi-cloudflare beside the records."""

from collections.abc import Mapping
from typing import Any

import pulumi

from sophia_infra.dns.arguments import ArgumentError, CloudflareZoneArgs
from sophia_infra.values import Value


def with_zone(name: str, target: Mapping[str, Any], parent: pulumi.Resource) -> dict[str, Any]:
    """Open what `backend.zone` asks for, and return the inputs of the zone's records without it.

    The records' text is not known until the zone is there: what a new zone will hold is planned at `pulumi up`. A zone
    whose `zone_id` is given is imported.

    None of these resources is deleted with the stack, when it is renamed, or when it is no longer asked for. The name
    is delegated to the zone, and deleting a ZoneDnssec ends its signing: with a DS still in the parent zone, the domain
    is bogus to every resolver that validates (RFC 4033 section 5).

    Raises:
        ArgumentError: a part of it is not known, the account is missing, or signing is to be switched off.
    """
    backend = dict(target["backend"])
    if "zone" not in backend:
        return dict(target)
    asked = _checked(backend.pop("zone"), backend)
    cloudflare = _provider()
    kept = pulumi.ResourceOptions(parent=parent, retain_on_delete=True)
    found = pulumi.ResourceOptions.merge(kept, pulumi.ResourceOptions(import_=backend.get("zone_id")))
    account = cloudflare.ZoneAccountArgs(id=backend["account_id"])
    zone = cloudflare.Zone(name, account=account, name=target["domain"], type="full", opts=found)
    if "dnssec" in asked:
        cloudflare.ZoneDnssec(f"{name}-dnssec", zone_id=zone.id, status="active", opts=kept)
    for setting, value in (asked.get("settings") or {}).items():
        cloudflare.ZoneSetting(f"{name}-{setting}", zone_id=zone.id, setting_id=setting, value=value, opts=kept)
    return {**target, "backend": backend, "text": zone.id.apply(lambda _: target["text"])}


def _provider() -> Any:
    """Imported on use: it takes seconds, and most zones do without."""
    try:
        import pulumi_cloudflare
    except ImportError:
        raise ArgumentError(
            "backend.zone needs pulumi-cloudflare; get it with: pip install pulumi-cloudflare", field="backend.zone"
        ) from None
    return pulumi_cloudflare


def _checked(asked: Any, backend: Mapping[str, Any]) -> Mapping[str, Any]:
    if backend.get("kind") != "cloudflare":
        raise ArgumentError(
            f"backend.zone is of the kind 'cloudflare', and backend.kind is {backend.get('kind')!r}",
            field="backend.kind",
        )
    known = list(CloudflareZoneArgs.__annotations__)
    given = Value("backend.zone", asked, ArgumentError)
    members = given.mapping(f"give a mapping with {', '.join(known)}, or {{}}")
    given.members(known, "part of a zone")
    if members.get("settings") is not None:
        given.get("settings").mapping("give a mapping by Cloudflare's names")
    if (dnssec := given.get("dnssec", True)).value is not True:
        raise dnssec.wrong(
            "give true, or leave it out. To end signing, take the DS out at the registrar, wait until its TTL has "
            "passed, then switch DNSSEC off in Cloudflare's dashboard: in any other order, nobody who validates can "
            "look the domain up"
        )
    if not backend.get("account_id"):
        raise ArgumentError(
            "backend.zone needs backend.account_id: the account that the zone is, or is to be, in",
            field="backend.account_id",
        )
    return members

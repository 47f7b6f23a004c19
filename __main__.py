"""The showcase stack: a zone and a certificate that look after themselves, within limits that see deletes."""

from typing import Any

import pulumi
from pulumi.runtime.config import get_config_env

from sophia_infra import BlastRadius, IntelligentDnsZone, RecordArgs, SelfHealingCert

SETTINGS = ("backend", "certificate", "domain", "max_deletes", "ownership_token", "protect", "zone_file")


def ownership_record() -> list[RecordArgs]:
    """A token that stays the same from run to run, for proving to a vendor who owns the domain."""
    import pulumi_random  # only stacks that ask for a token need the plugin

    token = pulumi_random.RandomId("ownership", byte_length=16)
    return [{"name": "_ownership", "type": "TXT", "value": token.hex, "ttl": 300}]


config = pulumi.Config()
for key in get_config_env():
    project, _, name = key.partition(":")
    if project == pulumi.get_project() and name not in SETTINGS:
        raise pulumi.RunError(f"{key} is no setting of this stack; known are {', '.join(SETTINGS)}")

domain = config.get("domain") or "shop.example"
guard = config.get_int("max_deletes")
BlastRadius(max_deletes=5 if guard is None else guard)

backend: Any = config.get_object("backend") or {}  # what it names is checked there, and refused by name
protect: Any = config.get_object("protect")

zone = IntelligentDnsZone(
    "shop",
    {
        "domain": domain,
        "zone_file": config.get("zone_file") or f"records/{domain}.zone",
        "records": ownership_record() if config.get_bool("ownership_token") else [],
        "protect": ["@ MX", "www"] if protect is None else protect,
        "backend": backend,
    },
)
certificate: Any = config.get_object("certificate") or {}
if not isinstance(certificate, dict):
    raise pulumi.RunError(f"certificate is {certificate!r}; give an object of the arguments of SelfHealingCert")
certificate = {"domains": [domain, f"*.{domain}"], "zone": zone, **certificate}
cert = SelfHealingCert("shop", certificate)

pulumi.export("domain", zone.domain)
pulumi.export("serial", zone.serial)
pulumi.export("name_servers", zone.name_servers)
pulumi.export("advice", zone.advice)
pulumi.export("certificate_expires", cert.not_after)
pulumi.export("certificate_renews", cert.next_renewal)

"""The showcase stack: a zone and a certificate that look after themselves, within limits that see deletes."""

import pulumi

from sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert

config = pulumi.Config()
domain = config.get("domain") or "shop.example"

BlastRadius(max_deletes=config.get_int("max_deletes") or 5)

zone = IntelligentDnsZone(
    "shop",
    {
        "domain": domain,
        "zone_file": config.get("zone_file") or f"records/{domain}.zone",
        "protect": ["@ MX", "www"],
        "backend": config.get_object("backend") or {"kind": "file"},
    },
)
cert = SelfHealingCert("shop", {"domains": [domain, f"*.{domain}"], "zone": zone})

pulumi.export("domain", zone.domain)
pulumi.export("serial", zone.serial)
pulumi.export("name_servers", zone.name_servers)
pulumi.export("advice", zone.advice)
pulumi.export("certificate_expires", cert.not_after)
pulumi.export("certificate_renews", cert.next_renewal)

"""A zone by its master file in `records/`, within limits that see deletes."""

from typing import Any

import pulumi

from sophia_infra import BlastRadius, IntelligentDnsZone

config = pulumi.Config()
domain = config.require("domain")
backend: Any = config.get_object("backend") or {}
BlastRadius(max_deletes=5)

zone = IntelligentDnsZone(
    "zone",
    {
        "domain": domain,
        "zone_file": f"records/{domain}.zone",
        "backend": backend,
    },
)

pulumi.export("domain", zone.domain)
pulumi.export("serial", zone.serial)
pulumi.export("advice", zone.advice)

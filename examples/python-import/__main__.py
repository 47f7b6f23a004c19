"""An existing stack that adds a guarded zone and a certificate."""

import pulumi

from sophia_infra import BlastRadius, IntelligentDnsZone, SelfHealingCert

BlastRadius(max_deletes=5)

zone = IntelligentDnsZone(
    "shop",
    {
        "domain": "shop.example",
        "name_servers": ["ns1.dns.example.", "ns2.dns.example."],
        "records": [
            {"name": "@", "type": "A", "values": ["192.0.2.10"]},
            {"name": "www", "type": "CNAME", "values": ["shop.example."], "ttl": 3600},
            {"name": "@", "type": "MX", "values": ["10 mail.shop.example."]},
            {"name": "mail", "type": "A", "values": ["192.0.2.30"]},
        ],
    },
)
cert = SelfHealingCert("shop", {"domains": ["shop.example", "*.shop.example"], "zone": zone})

pulumi.export("serial", zone.serial)
pulumi.export("advice", zone.advice)
pulumi.export("certificate_renews", cert.next_renewal)

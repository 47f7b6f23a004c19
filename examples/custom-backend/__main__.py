"""A zone whose records live in an inventory database, through a backend of this stack's own."""

import pulumi

from sophia_infra import IntelligentDnsZone

zone = IntelligentDnsZone(
    "shop",
    {
        "domain": "shop.example",
        "name_servers": ["ns1.dns.example.", "ns2.dns.example."],
        "backend": {"kind": "inventory:Inventory", "database": "inventory.db"},
        "records": {
            "@": [{"type": "A", "value": "192.0.2.10"}, {"type": "MX", "value": "10 mail.shop.example."}],
            "mail": {"type": "A", "value": "192.0.2.30"},
            "www": {"type": "CNAME", "value": "shop.example."},
        },
    },
)

pulumi.export("serial", zone.serial)
pulumi.export("changes", zone.changes)

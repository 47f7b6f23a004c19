"""A zone whose records live in an inventory database, through a backend of this stack's own."""

from typing import Any

import pulumi

from sophia_infra import IntelligentDnsZone

# The library's types know its own backends' settings; those of another are checked when the backend is opened.
inventory: Any = {"kind": "inventory:Inventory", "database": "inventory.db"}

zone = IntelligentDnsZone(
    "shop",
    {
        "domain": "shop.example",
        "name_servers": ["ns1.dns.example.", "ns2.dns.example."],
        "backend": inventory,
        "records": [
            {"name": "@", "type": "A", "value": "192.0.2.10"},
            {"name": "@", "type": "MX", "value": "10 mail.shop.example."},
            {"name": "mail", "type": "A", "value": "192.0.2.30"},
            {"name": "www", "type": "CNAME", "value": "shop.example."},
        ],
    },
)

pulumi.export("serial", zone.serial)
pulumi.export("changes", zone.changes)

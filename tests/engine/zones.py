"""What the engine tests of zones share: a program with one zone, and its master file."""

from pathlib import Path
from typing import Any

from tests.support.workspace import Workspace

RECORDS: list[dict[str, Any]] = [
    {"name": "@", "type": "NS", "values": ["ns1.dns.example.", "ns2.dns.example."]},
    {"name": "@", "type": "A", "values": ["192.0.2.1"], "ttl": 300},
    {"name": "@", "type": "MX", "values": ["10 mail.shop.example."]},
    {"name": "mail", "type": "A", "values": ["192.0.2.3"]},
    {"name": "www", "type": "CNAME", "values": ["shop.example."]},
]


def without(*names: str) -> list[dict[str, Any]]:
    """The usual records, less those of some owner names or subjects."""
    return [one for one in RECORDS if one["name"] not in names and f"{one['name']} {one['type']}" not in names]


def zone_program(workspace: Workspace, records: Any = RECORDS, *, before: str = "", **arguments: Any) -> None:
    """Set a program with the zone shop.example; `before` runs ahead of it, and may define what `records` names."""
    args = {"domain": "shop.example", **arguments}
    listed = records if isinstance(records, str) else repr(records)
    workspace.write(
        "__main__.py",
        "import pulumi\nfrom sophia_infra import IntelligentDnsZone\n"
        f"{before}\n"
        f'zone = IntelligentDnsZone("shop", {{**{args!r}, "records": {listed}}})\n'
        "for name in ('zone_text', 'serial', 'record_set_count', 'name_servers', 'changes', 'advice'):\n"
        "    pulumi.export(name, getattr(zone, name))\n",
    )


def master_file(workspace: Workspace) -> Path:
    """Where the zone lives by default."""
    return workspace.root / "zones" / "db.shop.example"

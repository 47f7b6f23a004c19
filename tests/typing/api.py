"""What must, and what must not, type-check in a program that uses the library. Never run: `mypy --strict` reads it.

A line that no longer is an error makes its `type: ignore` unused, which is an error in turn.
"""

from collections.abc import Mapping, Sequence
from typing import Any, assert_type

import pulumi

from sophia_infra import BlastRadius, IntelligentDnsZone, KeyType, RecordArgs, SelfHealingCert
from sophia_infra.dns.arguments import LimitsArgs, OverrideArgs, ZoneBackendArgs


def a_program(address: pulumi.Output[str]) -> None:
    BlastRadius(max_creates=None, max_updates=10, max_replaces=0, max_deletes=5, protect=["*Database*"])
    records: list[RecordArgs] = [
        {"name": "@", "type": "A", "values": [address, "192.0.2.1"]},
        {"name": "www", "type": "CNAME", "value": "shop.example.", "ttl": 3600},
    ]
    limits: LimitsArgs = {"max_deletes": None, "max_delete_share": 0.1, "max_exposure": "high"}
    override: OverrideArgs = {"names": ["@ MX"], "until": "2026-12-01", "why": "mail moves"}
    backend: ZoneBackendArgs = {"kind": "file", "path": "zones/db.shop.example", "serial": "counter"}
    zone = IntelligentDnsZone(
        "shop",
        {
            "domain": "shop.example",
            "records": records,
            "default_ttl": 600,
            "protect": ["@ MX"],
            "issuers": ["letsencrypt.org"],
            "limits": limits,
            "overrides": [override],
            "backend": backend,
        },
        pulumi.ResourceOptions(protect=True),
    )
    cert = SelfHealingCert(
        "shop", {"domains": ["shop.example"], "zone": zone, "key_type": KeyType.ECDSA_P384, "renewal_window": 0.5}
    )
    assert_type(zone.serial, pulumi.Output[int])
    assert_type(zone.name_servers, pulumi.Output[Sequence[str]])
    assert_type(zone.advice, pulumi.Output[Mapping[str, Any]])
    assert_type(cert.private_key_pem, pulumi.Output[str])


def what_is_refused() -> None:
    BlastRadius(max_delete=5)  # type: ignore[arg-type]  # no such limit
    IntelligentDnsZone("shop", {})  # type: ignore[typeddict-item]  # no domain
    IntelligentDnsZone("shop", {"domain": "shop.example", "limit": {}})  # type: ignore[typeddict-unknown-key]
    IntelligentDnsZone("shop", {"domain": "shop.example", "default_ttl": "1h"})  # type: ignore[typeddict-item]  # seconds
    SelfHealingCert("shop", {"zone": "shop.example"})  # type: ignore[typeddict-item]  # no domains
    unknown: LimitsArgs = {"max_delete": 5}  # type: ignore[typeddict-unknown-key]
    assert unknown

"""The stack of the labelled utterances as a state and files, so that questions about it can be answered."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution import Runs
from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.dns.rr.record import Record, to_text
from sophia_infra.journal import Journal
from sophia_infra.settings import Settings
from tests.agent.stack import STACK

HIDDEN = "hidden-9f3a"
"""What no answer may hold."""
_URN = "urn:pulumi:dev::shop::{kind}::{name}"


def _resource(kind: str, name: str, inputs: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    kind = f"pulumi-python:dynamic/sophia:{kind}"
    urn = _URN.format(kind=kind, name=name)
    return {"urn": urn, "type": kind, "custom": True, "inputs": inputs, "outputs": outputs or inputs}


def _zone(domain: str, folder: Path) -> dict[str, Any]:
    sets = STACK.zones[domain]
    text = to_text([Record(each.owner, each.ttl, each.rtype, value) for each in sets for value in each.values])
    inputs: dict[str, Any] = {"domain": domain, "text": text, "backend": {"kind": "file", "path": f"db.{domain}"}}
    targets = STACK.pools.get(f"www.{domain}")
    if targets:
        inputs["pools"] = [{"name": "www", "targets": [list(targets)]}]
        inputs["health"] = {"www A": {target: {"healthy": True, "against": 0} for target in targets[:1]}}
    (folder / f"db.{domain}").write_text(
        f"$ORIGIN {domain}.\n$TTL 300\n@ SOA ns1.dns.example. h.example. 1 2 3 4 5\n{text}"
    )
    return _resource("ZoneRecords", domain, inputs)


def stack(folder: Path) -> SophiaInfrastructureAgent:
    """Write the stack's files, and return its agent."""
    (folder / "Pulumi.yaml").write_text(f"name: shop\nruntime: python\nbackend: {{url: '{folder.as_uri()}'}}\n")
    (folder / "Pulumi.dev.yaml").write_text(
        "config:\n  sophia:autonomy: suggest\n  sophia:probe: 'on'\n  shop:replicas: '3'\n"
        f"  shop:apiToken: {HIDDEN}\n  sophia:journal: postgresql://app:{HIDDEN}@db/x\n"
    )
    for name in ("dev", "prod"):
        (folder / "esc" / "sophia").mkdir(parents=True, exist_ok=True)
        (folder / "esc" / "sophia" / f"{name}.yaml").write_text(
            f"values:\n  app:\n    replicas: 3\n    password: {{'fn::secret': {HIDDEN}}}\n"
            f"    db: {{url: 'redis://u:{HIDDEN}@db', token: {HIDDEN}}}\n"
        )
    ends = {"web": "2026-12-20T00:00:00+00:00", "api-cert": "2027-06-01T00:00:00+00:00"}
    resources = [
        *(_zone(domain, folder) for domain in STACK.zones),
        *(
            _resource("Certificate", name, {"domains": list(domains), "label": name}, not_after=ends[name])
            for name, domains in STACK.certificates.items()
        ),
        *(_resource("SecretLifecycle", name, {"label": f"shop/dev/{name}"}) for name in STACK.secrets),
    ]
    runs = Runs(Journal.open(folder / ".sophia"), Settings())
    states = folder / ".pulumi" / "stacks" / "shop"
    states.mkdir(parents=True)
    (states / "dev.json").write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": resources}}}))
    return SophiaInfrastructureAgent("shop/dev", Places(folder, "dev"), runs)


def holding(agent: SophiaInfrastructureAgent, inventory: Inventory) -> SophiaInfrastructureAgent:
    """Return the agent of a stack whose state has other names."""
    found = replace(agent)
    vars(found)["inventory"] = inventory
    return found

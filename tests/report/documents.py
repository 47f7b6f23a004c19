"""Documents as `pulumi preview --json` prints them, in both forms; `tests/engine/test_report.py` has real ones."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

STACK = "urn:pulumi:prod::dns::"
ZONE = f"{STACK}sophia:index:IntelligentDnsZone$pulumi-python:dynamic/sophia:ZoneRecords::shop"
_SOA = "@ 3600 SOA ns1.dns.example. hostmaster.shop.example. 0 1 2 3 4\n"
BEFORE = f"{_SOA}@ 3600 MX 10 mail.shop.example.\nmail 300 A 192.0.2.3\n"
AFTER = BEFORE.replace("192.0.2.3", "192.0.2.77")
CHANGES: Mapping[str, Any] = {
    "creates": 0,
    "updates": 1,
    "deletes": 0,
    "ttl_only": 0,
    "type_changes": 0,
    "before": 2,
    "after": 2,
    "source": {"before": 2, "after": 2},
    "pending": [],
    "exposure": "high",
    "reasons": ["high mail A update: needed by @ MX"],
    "accepted": [],
    "base": "5" * 64,
}
FINDING = {
    "code": "address-documentation",
    "level": "error",
    "subject": "mail A",
    "message": "...",
    "fix": "Use another.",
}


def advice(verdict: str = "caution", *findings: Mapping[str, str]) -> dict[str, Any]:
    """The property `advice`."""
    said = {"id": "a" * 64, "advisor": "rules", "verdict": verdict, "summary": "1 error", "edits": ["mail A"]}
    return {**said, "findings": list(findings or [FINDING])}


def zone(*, old: str | None = BEFORE, new: str | None = AFTER, name: str = "shop", **inputs: Any) -> dict[str, Any]:
    """A step of a zone; without a new text it leaves the stack."""
    urn = ZONE.removesuffix("shop") + name
    after = {"domain": f"{name}.example", "text": new, "changes": CHANGES, "advice": advice(), **inputs}
    before = {"domain": f"{name}.example", "text": old, "changes": CHANGES, "advice": advice()}
    state: dict[str, Any] = {"urn": urn, "custom": True, "type": "pulumi-python:dynamic/sophia:ZoneRecords"}
    step: dict[str, Any] = {"op": "update" if old and new else "create" if new else "delete", "urn": urn}
    step |= {"oldState": {**state, "inputs": before}} if old else {}
    return step | ({"newState": {**state, "inputs": after}} if new else {})


def said(message: str, severity: str = "error", urn: str = "") -> dict[str, str]:
    """A diagnostic."""
    return {"message": f"{message}\n", "severity": severity} | ({"urn": urn} if urn else {})


def document(*steps: Mapping[str, Any], diagnostics: Sequence[Mapping[str, str]] = ()) -> str:
    """The whole document."""
    return json.dumps({"steps": list(steps), "diagnostics": list(diagnostics), "changeSummary": {}})


def events(*steps: Mapping[str, Any], policies: Sequence[Mapping[str, str]] = ()) -> str:
    """The stream of events, with what policies say."""
    planned = [_event({"op": step["op"], "urn": step["urn"], **_states(step)}) for step in steps]
    violated = [_policy(policy) for policy in policies]
    debug = {"diagnosticEvent": said("beginning rpc", "debug")}
    found: list[dict[str, Any]] = [{"preludeEvent": {}}, debug, *violated, *planned, {"summaryEvent": {}}]
    return "\n".join(json.dumps({"sequence": index, "timestamp": 1, **event}) for index, event in enumerate(found))


def _policy(said: Mapping[str, str]) -> dict[str, Any]:
    return {"policyEvent": {"policyPackName": "pack", "resourceUrn": ZONE, **said}}


def _event(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {"resourcePreEvent": {"metadata": metadata}}


def _states(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: step[key] for name, key in (("old", "oldState"), ("new", "newState")) if key in step}

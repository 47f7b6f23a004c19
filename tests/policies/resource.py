"""A resource that carries the contract, and what a policy says of it, as the analyzer would call it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi_policy import PolicyCustomTimeouts, PolicyResourceOptions, ResourceValidationArgs, ResourceValidationPolicy
from pulumi_policy.proxy import unknown_checking_proxy

from policies.blast_radius.rules import POLICIES
from sophia_infra.changes import Changes

TYPE = "pulumi-python:dynamic/sophia:ZoneRecords"
OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


def changes(**members: Any) -> dict[str, Any]:
    """A `changes` property as the library writes it, of an unchanged zone of 100 record sets, with some members set."""
    return Changes(before=100, after=100, source=(100, 100)).as_inputs() | members


def finding(**members: str) -> dict[str, str]:
    whole = {"code": "MX001", "level": "warning", "subject": "@ MX", "message": "one exchanger only", "fix": "add one"}
    return whole | members


def advice(*findings: Mapping[str, Any], verdict: str = "caution") -> dict[str, Any]:
    return {
        "id": "f" * 64,
        "advisor": "rules",
        "verdict": verdict,
        "summary": "mail hangs on one host",
        "findings": list(findings),
        "edits": [],
    }


def judged(
    policy: str | ResourceValidationPolicy,
    props: Mapping[str, Any],
    config: Mapping[str, Any] | None = None,
    type_: str = TYPE,
) -> list[str]:
    """The violations that one policy reports, of the pack by its name or any other."""
    [chosen] = [one for one in POLICIES if one.name == policy] if isinstance(policy, str) else [policy]
    known = unknown_checking_proxy(dict(props))
    args = ResourceValidationArgs(type_, known, "urn:pulumi:s::p::t::shop", "shop", OPTIONS, None, config)
    found: list[str] = []

    def report(message: str, urn: str | None = None) -> None:
        found.append(message)

    chosen.validate(args, report)
    return found


def settings(policy: ResourceValidationPolicy) -> dict[str, dict[str, Any]]:
    """The schema of a policy's settings."""
    assert policy.config_schema is not None
    return policy.config_schema.properties

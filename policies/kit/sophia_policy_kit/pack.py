"""A policy pack whose configuration can name nothing that the pack does not have.

The engine (3.259) hands a name that no policy has on to the pack where a level stands there, and the SDK drops it.
Without a level the engine refuses by itself, `invalid enforcement level ""`, and does not say which there are.
"""

import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2_grpc
from pulumi_policy import EnforcementLevel, Policy, PolicyPack
from pulumi_policy import policy as sdk

from sophia_policy_kit.properties import known_are
from sophia_policy_kit.secrecy import marking

ALL = "all"
"""The engine's word for every policy: it takes an enforcement level and no settings."""
DELIVERY = 1.0
"""Seconds in which what a pack says at its end reaches the engine, which ends it as soon as it has answered."""


def serve(
    name: str,
    policies: Sequence[Policy],
    enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY,
    **more: Any,
) -> None:
    """Serve a policy pack until the engine ends it; arguments are those of `pulumi_policy.PolicyPack`.

    A configuration with a policy or a setting that is not known stops the run, with those that are.
    """
    add, known = analyzer_pb2_grpc.add_AnalyzerServicer_to_server, {one.name: _settings(one) for one in policies}

    def add_guarded(servicer: Any, server: grpc.Server) -> None:
        guard(servicer, name, known)
        add(servicer, server)

    sdk.deserialize_properties = marking(sdk.deserialize_properties)  # type: ignore[attr-defined]  # where it is used
    analyzer_pb2_grpc.add_AnalyzerServicer_to_server = add_guarded  # the one place where the SDK lets its servicer go
    PolicyPack(name, list(policies), enforcement_level, **more)


def _settings(policy: Policy) -> list[str]:
    return list(policy.config_schema.properties or ()) if policy.config_schema else []


def guard(servicer: Any, name: str, known: Mapping[str, Sequence[str]]) -> None:
    """Have a servicer refuse a configuration, and say at its end which policies there are where it was given none.

    `known` has the settings by policy.
    """
    inform, take, waits = servicer.GetAnalyzerInfo, servicer.Configure, set[str]()

    def get_analyzer_info(request: Any, context: Any) -> Any:
        if "PULUMI_STACK" in os.environ:  # a pack that is published is asked as well, outside of any stack
            waits.add(name)
        return inform(request, context)

    def configure(request: Any, context: Any) -> Any:
        waits.clear()
        if wrong := refusal({policy: given.properties.keys() for policy, given in request.policyConfig.items()}, known):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, wrong)
        return take(request, context)

    def cancel(_request: Any, _context: Any) -> empty_pb2.Empty:
        if waits:
            sys.stderr.write(f"{name} was not configured; its policies are {', '.join(known)}\n")
            sys.stderr.flush()
            time.sleep(DELIVERY)
        return empty_pb2.Empty()

    servicer.GetAnalyzerInfo, servicer.Configure, servicer.Cancel = get_analyzer_info, configure, cancel


def refusal(configured: Mapping[str, Collection[str]], known: Mapping[str, Sequence[str]]) -> str:
    """Return what is wrong with a configuration, both given as settings by policy; empty where nothing is."""
    for policy, settings in sorted(configured.items()):
        if policy not in {*known, ALL}:
            return f"{policy} is no policy; {known_are(policy, [*known])}"
        if policy == ALL and settings:
            return f"{ALL} takes an enforcement level, and no settings ({', '.join(settings)}); name the policy"
        for setting in sorted(set(settings) - set(known.get(policy, ()))):
            return f"{policy}.{setting} is no setting; {known_are(setting, known[policy])}"
    return ""

"""From a resource's inputs to a plan: what the key's and the certificate's providers have in common."""

from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckFailure
from pulumi.output import contains_unknowns

from sophia_infra import clock
from sophia_infra.errors import SophiaError
from sophia_infra.tls.issuers import open_issuer
from sophia_infra.tls.plan import Plan
from sophia_infra.tls.wanted import ArgumentError, Wanted

DECIDING = ("label", "domains", "key_type", "lifetime", "renewal_window", "issuer")
"""The inputs that both resources carry, and that a plan is made from."""


def unknowns(news: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the inputs that decide on a plan and are not known before the apply."""
    return tuple(name for name in DECIDING if name in news and contains_unknowns(news[name]))


def make_plan(news: Mapping[str, Any]) -> Plan:
    """Ask the issuer what it holds, and the clock, and decide.

    Raises:
        ArgumentError: an input is not allowed.
        IssuerError: the issuer can't be asked.
    """
    wanted = Wanted.read(news)
    return Plan.make(wanted, open_issuer(wanted.issuer).latest(wanted.label), clock.now())


def canonical(news: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    """Return the inputs with names and key type in canonical form, and the generation."""
    wanted = plan.wanted
    decided = {"domains": list(wanted.domains), "key_type": str(wanted.key_type), "generation": plan.generation}
    return {**news, **decided}


def failure(error: SophiaError) -> CheckFailure:
    """Return an expected error as the engine shows it best."""
    if isinstance(error, ArgumentError):
        return CheckFailure(error.field, error.reason)
    return CheckFailure("issuer", str(error))

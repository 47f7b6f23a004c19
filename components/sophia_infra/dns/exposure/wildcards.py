"""Wildcards: which typing errors they hide, and what is taken away from them."""

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.hosts import PROMINENT
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.exposure.targets import covered
from sophia_infra.dns.rr.rtype import HOSTS


def strayed(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a set comes to point at no name of its own, so that whatever a wildcard leads to gets what was meant."""
    name = covered(change, graph) if change.old else None
    if not name:
        return None
    why = f"only a wildcard answers for {name}, which does not exist"
    if change.subject in ("@ MX", "@ NS"):
        return Exposure.CRITICAL, why
    grave = change.owner in PROMINENT or (change.type in HOSTS and graph.dependents(change.owner))
    return Exposure.HIGH if grave else Exposure.MEDIUM, why


def uncovered(change: SetChange, graph: Graph) -> Weight | None:
    """Whether a new name takes itself, or one above it, away from a wildcard that led it somewhere."""
    new = change.operation == "create" and not change.owner.startswith("*")
    name = graph.uncovered(change.owner) if new else None
    return (Exposure.HIGH, f"the wildcard no longer answers for {name}, which loses its address") if name else None

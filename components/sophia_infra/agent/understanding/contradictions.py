"""Wishes of one text that can't all be meant."""

from collections.abc import Sequence
from itertools import combinations

from sophia_infra.agent.operations import ANY, OfRecords, Operation, RemoveRecords, SetRecords, SetTtl


def contradiction(operations: Sequence[Operation]) -> str:
    """Return which two operations undo each other; empty where none do."""
    about: dict[tuple[str, str], list[OfRecords]] = {}
    for operation in operations:
        if isinstance(operation, OfRecords):
            about.setdefault((operation.zone, operation.owner), []).append(operation)
    for (zone, owner), each in about.items():
        for one, other in combinations(each, 2):
            if _against(one, other):
                return f"{one.op} and {other.op} of {owner} in {zone} undo each other; say what it is to be in the end"
    return ""


def _against(one: OfRecords, other: OfRecords) -> bool:
    if one.rtype != other.rtype and ANY not in (one.rtype, other.rtype):
        return False
    removes = [each for each in (one, other) if isinstance(each, RemoveRecords)]
    if len(removes) == 1:
        return True
    return type(one) is type(other) and one != other and isinstance(one, SetRecords | SetTtl)

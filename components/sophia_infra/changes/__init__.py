"""The pure core: what changes between two canonical states, how much hangs on it, is it within limits."""

from .graph import count_sets
from .limits import Limits, Violation
from .model import Changes, Exposure, Reason, worst_first
from .plan import between, covers, fingerprint
from .sets import SetChange, changed_sets

__all__ = [
    "Changes",
    "Exposure",
    "Limits",
    "Reason",
    "SetChange",
    "Violation",
    "between",
    "changed_sets",
    "count_sets",
    "covers",
    "fingerprint",
    "worst_first",
]

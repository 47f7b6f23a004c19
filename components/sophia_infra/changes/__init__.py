"""The pure core: what changes between two canonical states, how much hangs on it, is it within limits."""

from sophia_infra.changes.graph import count_sets
from sophia_infra.changes.limits import Limits, Violation
from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.changes.order import owner_order
from sophia_infra.changes.plan import between, fingerprint
from sophia_infra.changes.sets import SetChange, changed_sets
from sophia_infra.changes.subjects import covers, subject_of
from sophia_infra.changes.type_changes import joined
from sophia_infra.changes.weigh import weigh_protected

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
    "joined",
    "owner_order",
    "subject_of",
    "weigh_protected",
    "worst_first",
]

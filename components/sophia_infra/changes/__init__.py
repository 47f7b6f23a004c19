"""What changes between two states of any kind of resource, how much hangs on it, and is it within limits."""

from sophia_infra.changes.fingerprint import BaseMovedError, fingerprint
from sophia_infra.changes.limits import Limits, Violation
from sophia_infra.changes.model import Changes, Exposure, Reason, worst_first
from sophia_infra.changes.subjects import covers, subject_of

__all__ = [
    "BaseMovedError",
    "Changes",
    "Exposure",
    "Limits",
    "Reason",
    "Violation",
    "covers",
    "fingerprint",
    "subject_of",
    "worst_first",
]

"""What changes between two states of any kind of resource, how much hangs on it, and is it within limits."""

from sophia_infra.changes.limits import Limits, Violation
from sophia_infra.changes.model import (
    PROTECTED,
    RESOLVED,
    BaseMovedError,
    Changes,
    EditingError,
    Exposure,
    Reason,
    covers,
    fingerprint,
    subject_of,
    worst_first,
)

__all__ = [
    "PROTECTED",
    "RESOLVED",
    "BaseMovedError",
    "Changes",
    "EditingError",
    "Exposure",
    "Limits",
    "Reason",
    "Violation",
    "covers",
    "fingerprint",
    "subject_of",
    "worst_first",
]

"""The pack's policies, in the order in which they are reported."""

from .issuing import CAA_PRESENT, ISSUER, KEY_TYPE, LIFETIME
from .names import OWNED_NAMES, WILDCARDS
from .standing import BLOCKING_PREFLIGHT, RENEWAL_OVERDUE

POLICIES = [
    LIFETIME,
    KEY_TYPE,
    ISSUER,
    WILDCARDS,
    OWNED_NAMES,
    CAA_PRESENT,
    BLOCKING_PREFLIGHT,
    RENEWAL_OVERDUE,
]

__all__ = ["POLICIES"]

"""The pack's policies, in the order in which they are reported."""

from .plain import PLAIN_INPUTS, PLAIN_OUTPUTS
from .rotating import MAX_AGE, MIN_LENGTH, OVERDUE, PROOF

POLICIES = [MAX_AGE, MIN_LENGTH, PROOF, PLAIN_INPUTS, PLAIN_OUTPUTS, OVERDUE]

__all__ = ["POLICIES"]

"""The stack-wide guard: limits on what one run may do to all resources of a stack."""

from .blast_radius import BlastRadius
from .tally import GuardError

__all__ = ["BlastRadius", "GuardError"]

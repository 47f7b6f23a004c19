"""The stack-wide guard: limits on what one run may do to all resources of a stack."""

from sophia_infra.guard.blast_radius import BlastRadius
from sophia_infra.guard.tally import GuardError

__all__ = ["BlastRadius", "GuardError"]

"""What changes between two canonical zone texts, and how much hangs on it; docs/exposure.md has the table."""

from sophia_infra.dns.exposure.graph import count_sets
from sophia_infra.dns.exposure.plan import between, weigh_protected
from sophia_infra.dns.exposure.sets import SetChange, changed_sets, joined

__all__ = [
    "SetChange",
    "between",
    "changed_sets",
    "count_sets",
    "joined",
    "weigh_protected",
]

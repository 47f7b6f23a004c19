"""What mends a finding mechanically: a fix for each code that has one, a reason for each that has none.

A fix belongs in the file of its rule's topic. It changes what is surely wrong, or proposes what a person is fair to
approve at a glance; it never takes away what somebody may rely on.
"""

from sophia_infra.dns.lint.fixes import (  # noqa: F401  each enters its fixes into the table
    addresses,
    bimi,
    caa,
    children,
    cloud,
    cname,
    delegation,
    dkim,
    dmarc,
    mail,
    names,
    pointers,
    reverse,
    sender_policy,
    sender_policy_terms,
    services,
    soa,
    svcb,
    ttl,
    txt,
)
from sophia_infra.dns.lint.fixes.fix import FIXES, Change
from sophia_infra.dns.lint.fixes.unfixed import REASONS

__all__ = ["FIXES", "REASONS", "Change"]

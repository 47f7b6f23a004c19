"""SPF (RFC 7208): its records, what checking a message gives, and what a record costs to check. Pure: no I/O, no clock.

Names are looked up by whatever keeps the `Resolver` protocol. `dns/zone/resolver.py` answers from zones.
"""

from sophia_infra.dns.spf.check import Cost, Result, Verdict, check, cost
from sophia_infra.dns.spf.message import LookupFailedError, Message, Resolver
from sophia_infra.dns.spf.record import LOOKUP_LIMIT, VOID_LIMIT, Fault, Policy, Term, is_policy, parse

__all__ = [
    "LOOKUP_LIMIT",
    "VOID_LIMIT",
    "Cost",
    "Fault",
    "LookupFailedError",
    "Message",
    "Policy",
    "Resolver",
    "Result",
    "Term",
    "Verdict",
    "check",
    "cost",
    "is_policy",
    "parse",
]

"""SPF (RFC 7208): its records, what checking a message gives, and what a record costs to check. Pure: no I/O, no clock.

Names are looked up by whatever keeps the `Resolver` protocol. `dns/zone/resolver.py` answers from zones.
"""

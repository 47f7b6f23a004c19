"""What certificates need of a zone: what it will answer them, and whether a change would break their next renewal."""

from types import MappingProxyType

LABELS = MappingProxyType({"dns-01": "_acme-challenge", "dns-persist-01": "_validation-persist"})
"""Below which name a CA looks for a record, by the kind of challenge."""
CONNECTING = frozenset({"http-01", "tls-alpn-01"})
"""The kinds of challenges for which a CA connects to the name."""

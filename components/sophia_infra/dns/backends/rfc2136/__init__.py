"""A name server that takes dynamic updates: RFC 2136, with zone transfers to read."""

from sophia_infra.dns.backends.rfc2136.backend import Rfc2136

__all__ = ["Rfc2136"]

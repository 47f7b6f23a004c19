"""A name server that takes dynamic updates: RFC 2136, with zone transfers to read."""

"""All about MTA-STS (RFC 8461) and TLS reporting (RFC 8460): the records, the rules, and what a change weighs."""

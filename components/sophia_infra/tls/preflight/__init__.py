"""What stands in the way of an order, found before it goes out: `look` looks it up, `judge` judges it."""

BLOCKING = frozenset({"caa-forbids-issuer", "challenge-unready", "rate-limited"})
"""The codes of what an order can't survive."""

"""RotatingSecret: a credential that is replaced beside the one in use, and ended once nobody uses that any more."""

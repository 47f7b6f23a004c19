"""Risky switches in steps: lower the TTL, wait, switch, restore."""

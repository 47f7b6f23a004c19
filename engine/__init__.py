"""Gets a Pulumi engine onto a machine that has none.

Runs before any virtual environment exists, so it needs nothing but the standard library.
"""

"""A second advisor: Claude reads the redacted request beside what the rules found, and can only narrow what they allow.

`advisor.py` begins. A preview without `sophia:advisor: claude` imports nothing of this.
"""

"""What certificates need of a zone: what it will answer them, and whether a change would break their next renewal."""

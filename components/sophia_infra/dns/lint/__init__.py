"""Rules over a zone, and what mends their findings: a file a topic, each fix below its rule.

SPF, DKIM, DMARC and MTA-STS have folders of their own beside this one, with a `rules.py` each. docs/rules.md describes
every code. `linter` runs all rules; `edits` makes edits of the fixes, and tries each.
"""

IN_VAIN = frozenset({"dkim-misplaced", "dmarc-misplaced", "spf-after-all"})
"""What nobody reads where it stands, so that a change which brings it does not do what it is meant to."""

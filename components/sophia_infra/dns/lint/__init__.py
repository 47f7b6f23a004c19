"""Rules over a zone, and what mends their findings: a file a topic, each fix below its rule.

docs/rules.md describes every code. `linter` runs the rules; `edits` makes edits of the fixes, and tries each.
"""

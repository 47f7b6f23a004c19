"""How good the advice is: labelled changes, and what the rules and models of known character say of them.

`python -m evaluation` prints the table; docs/evaluation.md says what the set is and how it was labelled.
"""

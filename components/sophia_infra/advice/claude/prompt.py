"""What the model is asked: instructions that never change, then all that comes from outside as one JSON document."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sophia_infra.advice import redaction
from sophia_infra.advice.model import Advice, Request
from sophia_infra.codec import encode, quoted

INSTRUCTIONS = (Path(__file__).parent / "instructions.md").read_text()
"""The fixed part, which the API caches; most models cache nothing below 1,024 tokens."""

VERSION = hashlib.sha256(INSTRUCTIONS.encode()).hexdigest()[:12]
"""Stands for the instructions in a request: other instructions ask anew."""


def document(request: Request, rules: Advice) -> str:
    """Return what the model is to judge."""
    judged: Mapping[str, Any] = {
        "request": encode(request),
        "rules": {
            "verdict": str(rules.verdict),
            "findings": [encode(finding) for finding in rules.kinds],
            "edits": [
                {name: redaction.text(getattr(edit, name)) for name in ("subject", "before", "after")}
                for edit in rules.edits
            ],
        },
    }
    return quoted(judged)

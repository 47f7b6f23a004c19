"""The cases of every file in this folder."""

from importlib import import_module
from pathlib import Path

from tests.dns.lint.cases.case import Case

CASES: list[Case] = [
    case
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem not in {"all", "case"}
    for case in import_module(f"tests.dns.lint.cases.{path.stem}").CASES
]

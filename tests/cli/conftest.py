"""Runs of the command, in this process and in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sophia_infra.cli import main

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
CLEAN = """\
$TTL 3600
@ SOA ns1 hostmaster 2026112301 7200 900 1209600 300
@ NS ns1
@ NS ns2.dns-host.test.
@ MX 10 mail
@ TXT "v=spf1 mx -all"
@ A 192.0.2.1
_dmarc TXT "v=DMARC1; p=reject"
mail A 192.0.2.25
ns1 A 192.0.2.53
www CNAME @
"""


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self, schema: str) -> Any:
        """The object on stdout, which is valid by the named schema in docs/schemas."""
        content = json.loads(self.out)
        jsonschema.validate(content, json.loads((SCHEMAS / f"{schema}.v1.json").read_text()))
        return content


Sophia = Callable[..., Ran]
Write = Callable[[str, str], str]


@pytest.fixture
def sophia(capsys: pytest.CaptureFixture[str]) -> Sophia:
    def run(*arguments: str) -> Ran:
        try:
            code = main(arguments)
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return file


def spawn(*arguments: str, stdin: bytes = b"", **environment: str) -> Ran:
    """Run the command in a process of its own."""
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run(
        [sys.executable, "-m", "sophia_infra", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path, **environment},
    )
    return Ran(run.returncode, run.stdout.decode(), run.stderr.decode())

"""The evaluator of ESC environments against the reference, each in one process."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.figures import Compare, Figure
from engine.esc import ensure
from engine.ways import WayClosedError
from tests.esc.reference import Reference, ours, reference

IMPORTS = 10
RATIO = 10
_OF_SIZE = 100
"""Records of `--size` for each environment: the usual 100,000 stand for 1,000 of them."""
Files = Mapping[str, str]


def figures(_folder: Path, size: int, rounds: int) -> list[Figure]:
    """Open many environments that have ten imports each, in turn here and in the reference."""
    try:
        ensure()
    except WayClosedError as closed:
        sys.stderr.write(f"note: the reference evaluator is missing: {closed}\n")
    if not (program := reference()):
        return []
    count = max(1, size // _OF_SIZE)
    files = environments(count)
    names = [name for name in files if name.startswith("env-")]
    _refuse_different(program, files, names[-1])
    taken = [(_here(files, names), _there(program, files, names)) for _ in range(rounds)]
    here, there = zip(*taken, strict=True)
    note = "ours with reading the files; the reference by its own clock"
    what = f"{count} environments with {IMPORTS} imports each, against the reference evaluator"
    return [Figure(what, "s", here, there, Compare.RATIO, RATIO, note=note)]


def environments(count: int) -> dict[str, str]:
    """Return so many environments that import the same ten, with references, secrets and calls."""
    files = {f"base-{at}": _base(at) for at in range(IMPORTS)}
    return files | {f"env-{at}": _environment(at) for at in range(count)}


def _base(at: int) -> str:
    services = (
        f"  service_{at}_{n}: {{name: s{n}, port: {8000 + n}, tags: [a, b], url: 'http://${{host_{at}}}:{n}/'}}\n"
        for n in range(8)
    )
    return f"values:\n  host_{at}: h{at}.shop.example\n  app: {{limits: {{m{at}: {at}}}}}\n{''.join(services)}"


def _environment(at: int) -> str:
    imports = ", ".join(f"base-{number}" for number in range(IMPORTS))
    return (
        f"imports: [{imports}]\nvalues:\n  app: {{name: shop-{at}, replicas: {at}}}\n"
        f"  db: {{fn::secret: canary-{at}}}\n  url: https://${{app.name}}.${{host_3}}/\n"
        "  environmentVariables: {DB: '${db}', URL: '${url}', PORT: '${service_1_2.port}'}\n"
        "  pulumiConfig: {'shop:all': ['${service_2_3}', '${app}'], 'shop:json': {fn::toJSON: '${app}'}}\n"
    )


def _here(files: Files, names: list[str]) -> float:
    begun = time.perf_counter()
    for name in names:
        ours(files, name)
    return time.perf_counter() - begun


def _there(program: Reference, files: Files, names: list[str]) -> float:
    return sum(float(program.ask(files, name)["seconds"]) for name in names)


def _refuse_different(program: Reference, files: Files, name: str) -> None:
    """Stop where the two do not come to the same."""
    if program.ask(files, name)["revealed"] != ours(files, name).values.json(indent=2):
        raise AssertionError(f"{name} comes to something else in the reference")

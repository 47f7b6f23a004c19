"""`python -m tests.esc.record`: writes answers.json anew, with what the reference says of the environments in it."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings

from engine.esc import ensure
from tests.esc.environments import environments
from tests.esc.reference import BY_HAND, FIXTURES, Files, Reference, answer_of

DRAWN = 220


def main() -> int:
    program = Reference(str(ensure()))
    drawn: list[dict[str, Any]] = []

    @settings(max_examples=DRAWN, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(environments())
    def draw(files: Files) -> None:
        drawn.append({"files": files, "answer": answer_of(program, files)})

    draw()
    content = {
        "recorded": f"{datetime.now(UTC):%Y-%m-%d}",
        "reference": "github.com/pulumi/esc v0.26.0",
        "by_hand": {name: answer_of(program, files) for name, files in BY_HAND.items()},
        "drawn": drawn,
    }
    (FIXTURES / "answers.json").write_text(f"{json.dumps(content, ensure_ascii=True)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

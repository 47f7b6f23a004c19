"""`python language_host --use-executor FILE [ENGINE ADDRESS]`: serves until the engine is done."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from engine.language_host.server import main  # noqa: E402 - needs the path above

if __name__ == "__main__":
    sys.exit(main())

"""What an assistant is told of the server, its tools, resources and prompts, as `texts.toml` has it."""

import tomllib
from pathlib import Path
from typing import Any

TEXTS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))

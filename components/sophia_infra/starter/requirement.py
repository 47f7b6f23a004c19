"""How pip gets the same sophia-infra elsewhere: what it noted here when it installed it (PEP 610)."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

NAME = "sophia-infra"


def requirement() -> str:
    """Return the line of `requirements.txt` for this library as it is installed here."""
    try:
        installed = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:  # it runs from a folder on PYTHONPATH
        return f"{NAME} @ {Path(__file__).parents[3].as_uri()}"
    noted = json.loads(installed.read_text("direct_url.json") or "{}")
    return f"{NAME} @ {_address(noted)}" if noted else f"{NAME}=={installed.version}"


def is_local(line: str) -> bool:
    """Whether a requirement names a file or folder of this machine."""
    return " @ file:" in line


def _address(noted: dict[str, Any]) -> str:
    url: str = noted["url"]
    source = noted.get("vcs_info")
    if not source:
        return url
    part = f"#subdirectory={noted['subdirectory']}" if noted.get("subdirectory") else ""
    return f"{source['vcs']}+{url}@{source['commit_id']}{part}"

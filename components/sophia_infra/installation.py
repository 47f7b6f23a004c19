"""How pip gets the same sophia-infra again, elsewhere or with an extra: by what it noted here (PEP 610).

It is on no index, so a name alone installs nothing: it comes from a checkout, a wheel or a git address.
"""

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

NAME = "sophia-infra"


def requirement(*extras: str) -> str:
    """Return the line of `requirements.txt` for this library as it is installed here, with some extras."""
    version, noted = _noted()
    return f"{_named(extras)} @ {_address(noted)}" if noted else f"{_named(extras)}=={version}"


def command(extra: str) -> str:
    """Return the command that adds an extra to what is installed here."""
    _, noted = _noted()
    if noted.get("dir_info", {}).get("editable"):
        return f"python -m pip install -e {shlex.quote(unquote(urlsplit(noted['url']).path) + f'[{extra}]')}"
    return f"python -m pip install {shlex.quote(requirement(extra))}"


def is_local(line: str) -> bool:
    """Whether a requirement names a file or folder of this machine."""
    return " @ file:" in line


def _noted() -> tuple[str, dict[str, Any]]:
    """Return the version that is installed, and what pip noted; empty where an index had it."""
    from importlib import metadata  # most commands ask for nothing of it

    try:
        installed = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:  # it runs from a folder on PYTHONPATH
        return "", {"url": Path(__file__).parents[2].as_uri()}
    return installed.version, json.loads(installed.read_text("direct_url.json") or "{}")


def _named(extras: tuple[str, ...]) -> str:
    return f"{NAME}[{','.join(extras)}]" if extras else NAME


def _address(noted: dict[str, Any]) -> str:
    url: str = noted["url"]
    source = noted.get("vcs_info")
    if not source:
        return url
    part = f"#subdirectory={noted['subdirectory']}" if noted.get("subdirectory") else ""
    return f"{source['vcs']}+{url}@{source['commit_id']}{part}"

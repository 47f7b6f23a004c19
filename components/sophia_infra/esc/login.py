"""Which service of Pulumi is asked for environments, by which token: as the engine's own commands find them."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sophia_infra import home
from sophia_infra.esc.errors import EscError
from sophia_infra.values import is_safe

URL, TOKEN = "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"
CLOUD = "https://api.pulumi.com"
_TOKEN = re.compile("[!-~]+")


@dataclass(frozen=True, slots=True)
class Login:
    """A service and what opens it.

    Attributes:
        url: such as `https://api.pulumi.com`.
        token: an access token; no `repr` shows it.
        organization: the one that `pulumi org set-default` names; empty where the service says which.
    """

    url: str
    token: str = field(repr=False)
    organization: str = ""

    @property
    def host(self) -> str:
        """The service's name, for people."""
        return urlsplit(self.url).netloc


def current() -> Login:
    """Return where this user is logged in.

    The URL is `PULUMI_BACKEND_URL`, else `backend.url` of Pulumi.yaml, else that of the last `pulumi login`. Where
    states live elsewhere, such as in files or S3, environments are asked for at Pulumi Cloud all the same.

    Raises:
        EscError: there is no token for it, or it may not be sent there.
    """
    named = os.environ.get("PULUMI_CREDENTIALS_PATH") or os.environ.get("PULUMI_HOME") or "~/.pulumi"
    folder = Path(named).expanduser()
    kept, project = _read(folder / "credentials.json"), home.project() / "Pulumi.yaml"
    url = (os.environ.get(URL) or _member(_read(project), "backend", "url") or _member(kept, "current")).rstrip("/")
    if not url.startswith(("http:", "https:")):
        url = CLOUD
    if not is_safe(url) or urlsplit(url).path or "@" in url:
        told = f"{URL} must be https://HOST: a token goes by https, or to this machine, and never stands in a URL"
        raise EscError(told, code="esc-login", field=URL)
    token = os.environ.get(TOKEN) or _member(kept, "accounts", url, "accessToken") or _member(kept, "accessTokens", url)
    if not _TOKEN.fullmatch(token):  # what is none would stand in the error of a header
        told = f"there is no access token for {url}; give {TOKEN}, or: pulumi login {url}"
        raise EscError(told, code="esc-login", field=TOKEN, subject=url)
    return Login(url, token, _member(_read(folder / "config.json"), "backends", url, "defaultOrg"))


def _read(file: Path) -> Any:
    """What a file holds, None where it can't be read: the engine says what is wrong with it."""
    import yaml

    try:
        text = file.read_text("utf-8")
        return json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _member(found: Any, *keys: str) -> str:
    """The text at a path of a file, empty where it has none."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""

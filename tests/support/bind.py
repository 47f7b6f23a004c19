"""A real BIND on loopback, the primary of one zone that takes dynamic updates."""

import shutil
from pathlib import Path

from tests.support.primary import Server

CONFIG = """
options {{
    directory "{run}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile "{run}/session.key";
    recursion no;
    dnssec-validation no;
    notify no;
    max-records-per-type 0;
}};
controls {{ }};
key "{key}" {{ algorithm {algorithm}; secret "{secret}"; }};
zone "{domain}" {{
    type primary;
    file "{file}";
    allow-update {{ key "{key}"; }};
    allow-transfer {{ key "{key}"; }};
    {signing}
}};
"""
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def installed() -> bool:
    """Whether this machine has BIND's server."""
    return bool(shutil.which("named", path=PATH))


def _signing(sign: str, run: Path) -> str:
    inline = "yes" if sign == "inline" else "no"
    return f'dnssec-policy default; inline-signing {inline}; key-directory "{run}";' if sign else ""


def _command(config: Path, _: Path) -> list[str]:
    return [shutil.which("named", path=PATH) or "named", "-g", "-n", "1", "-c", str(config)]


updatable = Server(CONFIG, _signing, _command).updatable
_ONLY_APP = 'update-policy {{ grant "{key}" subdomain app.{domain} A TXT CNAME; }};'
_BELOW_APP = CONFIG.replace('allow-update {{ key "{key}"; }};', _ONLY_APP)
updatable_below_app = Server(_BELOW_APP, _signing, _command).updatable

"""Which format a file has, by what it holds."""

import json
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from sophia_infra.dns.importers import cloudflare_export, dnscontrol

_TINYDNS = re.compile(r"(?:#.*|[.&=+@'^CZ:%-][^\s:]*(?::.*)?)?[ \t\r]*")
_CLOUDFLARE_COMMENT = re.compile(r"; ?cf_tags=|[ \t];[^\n]*cf-proxied:(?:true|false)")
_SHOWN_LINES = 50
"""Lines of a text that are looked at."""


def detect(text: str, file: str) -> str:
    """Return the name of a text's format; `master` for one that looks like none of the others."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start in ("{", "["):
        return _of_json(text)
    if PurePath(file).suffix in (".yaml", ".yml"):
        return "octodns"
    if cloudflare_export.zones(text, file) or _CLOUDFLARE_COMMENT.search(text):
        return "cloudflare"
    if dnscontrol.TSV.match(text):
        return "dnscontrol"
    lines = text.split("\n", _SHOWN_LINES)[:_SHOWN_LINES]
    if any(":" in line for line in lines) and all(map(_TINYDNS.fullmatch, lines)):
        return "tinydns"
    return "master"


def _of_json(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "cloudflare-json"  # which then says what is wrong with it
    keys = found.keys() if isinstance(found, Mapping) else ()
    known: dict[str, Any] = {
        "dnscontrol": "domains",
        "pulumi": "deployment",
        "route53": "ResourceRecordSets",
    }
    for name, key in known.items():
        if key in keys:
            return name
    return "terraform" if "terraform_version" in keys or "format_version" in keys else "cloudflare-json"

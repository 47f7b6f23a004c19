"""What Cloudflare's API accepts as a record object, and its refusals, for the stand-in."""

import ipaddress
import json
from typing import Any

DATA_TYPES = {"CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"}
CONTENT_TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"}


class ApiError(Exception):
    """What the API answers with `success: false`."""

    def __init__(self, status: int, code: int, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.status = status
        source = {"source": {"pointer": pointer}} if pointer else {}
        self.body = {"success": False, "errors": [{"code": code, "message": message, **source}], "messages": []}


def validate(made: dict[str, Any]) -> None:
    kind = made["type"]
    if kind in DATA_TYPES:
        if not isinstance(made.get("data"), dict):
            raise ApiError(400, 9101, f"data is a required field of {kind} records")
        made["content"] = " ".join(str(value) for value in made["data"].values())
    elif kind in CONTENT_TYPES and not isinstance(made.get("content"), str):
        raise ApiError(400, 9005, f"Content for {kind} record is invalid.")
    if kind in ("A", "AAAA"):
        address = ipaddress.ip_address(made["content"])
        if address in ipaddress.ip_network("203.0.113.66/32"):
            raise ApiError(400, 9003, f"Content {made['content']} is not allowed")
    if kind == "TXT" and not made["content"].startswith('"'):
        made["content"] = json.dumps(made["content"], ensure_ascii=False)
    if made["proxied"]:
        if kind not in ("A", "AAAA", "CNAME"):
            raise ApiError(400, 9004, f"{kind} records can't be proxied")
        made["ttl"] = 1
    if made["ttl"] != 1 and not 60 <= made["ttl"] <= 86400:
        raise ApiError(400, 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.")


def validate_beside(made: dict[str, Any], other: dict[str, Any]) -> None:
    if "CNAME" in (made["type"], other["type"]):
        raise ApiError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    same = all(made.get(name) == other.get(name) for name in ("type", "content", "priority"))
    if same:
        raise ApiError(400, 81058, "An identical record already exists.")

"""What Cloudflare's API accepts as a record object, and its refusals, for the stand-in."""

import ipaddress
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

DATA_TYPES = {"CAA", "CERT", "DNSKEY", "DS", "HTTPS", "LOC", "NAPTR", "SMIMEA", "SRV", "SSHFP", "SVCB", "TLSA", "URI"}
CONTENT_TYPES = {"A", "AAAA", "CNAME", "MX", "NS", "OPENPGPKEY", "PTR", "TXT"}

Made = dict[str, Any]
"""One record object."""


class Objects(dict[str, Made]):
    """Record objects by id, in the order in which they were made, and by name."""

    def __init__(self, objects: Mapping[str, Made] | None = None) -> None:
        super().__init__()
        self._names: dict[str, dict[str, Made]] = defaultdict(dict)
        for id_, one in (objects or {}).items():
            self[id_] = one

    def named(self, name: str) -> list[Made]:
        return list(self._names[name].values())

    def __setitem__(self, id_: str, one: Made) -> None:
        super().__setitem__(id_, one)
        self._names[one["name"]][id_] = one

    def pop(self, id_: str) -> Made:  # type: ignore[override]  # one that is not there is a mistake here
        del self._names[self[id_]["name"]][id_]
        return super().pop(id_)


class ApiError(Exception):
    """What the API answers with `success: false`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"success": False, "errors": [{"code": code, "message": message}], "messages": []}


_FRESH: Made = {"ttl": 1, "proxied": False, "comment": None, "tags": []}
"""What a PUT or a POST sets that does not say."""


def _bookkeeping(made: Made) -> Made:
    return {name: made[name] for name in ("id", "meta")}


class Batch:
    """One transaction on a zone's objects: `undo` takes all of it back."""

    def __init__(self, objects: Objects, zone: str) -> None:
        self._objects, self._zone = objects, zone
        self._before: list[tuple[str, Made | None]] = []

    def undo(self) -> None:
        for id_, old in reversed(self._before):
            if old is None:
                self._objects.pop(id_)
            else:
                self._objects[id_] = old

    def delete(self, id_: str) -> Made:
        if self._known(id_).get("meta", {}).get("read_only"):
            raise ApiError(400, 1043, "This record is managed by another service and can't be edited")
        self._before.append((id_, self._objects[id_]))
        return self._objects.pop(id_)

    def patch(self, given: Mapping[str, Any]) -> Made:
        return self._put({**self._known(given["id"]), **given})

    def put(self, given: Mapping[str, Any]) -> Made:
        return self._put({**_FRESH, **_bookkeeping(self._known(given["id"])), **given})

    def create(self, number: int, given: Mapping[str, Any]) -> Made:
        return self._put({**_FRESH, "id": f"{number:032x}", "meta": {}, **given})

    def _known(self, id_: str) -> Made:
        if id_ not in self._objects:
            raise ApiError(404, 81044, "Record does not exist.")
        return self._objects[id_]

    def _put(self, made: Made) -> Made:
        _validate(made)
        beside = [one for one in self._objects.named(made["name"]) if one["id"] != made["id"]]
        for other in beside:
            _validate_beside(made, other, self._zone)
        if made["type"] == "DS" and all(other["type"] != "NS" for other in beside):
            raise ApiError(400, 9107, "A DS record needs NS records of the same name")
        self._before.append((made["id"], self._objects.get(made["id"])))
        self._objects[made["id"]] = made
        return made


def _validate(made: Made) -> None:
    kind = made["type"]
    made["name"] = made["name"].encode("idna").decode() if not made["name"].isascii() else made["name"]
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
    if kind == "TXT":
        made["content"] = _character_strings(made["content"])
    if made["proxied"]:
        if kind not in ("A", "AAAA", "CNAME"):
            raise ApiError(400, 9004, f"{kind} records can't be proxied")
        made["ttl"] = 1
    if made["ttl"] != 1 and not 60 <= made["ttl"] <= 86400:
        raise ApiError(400, 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic.")


def _character_strings(content: str) -> str:
    """Text as Cloudflare keeps it: in quotes, split where it is too long; it takes no empty one."""
    if content in ("", '""'):
        raise ApiError(400, 9005, "Content for TXT record is invalid.")
    if content.startswith('"'):
        return content
    pieces = [content[start : start + 255] for start in range(0, len(content), 255)]
    return " ".join(json.dumps(piece, ensure_ascii=False) for piece in pieces)


def _validate_beside(made: Made, other: Made, zone: str) -> None:
    kinds = {made["type"], other["type"]}
    if "CNAME" in kinds and kinds <= {"A", "AAAA", "CNAME"}:
        if made["type"] == "CNAME":
            raise ApiError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
        raise ApiError(400, 81054, "A CNAME record with that host already exists.")
    if "NS" in kinds and not kinds <= {"NS", "DS"} and made["name"] != zone:
        raise ApiError(400, 81056, "NS records with that host already exist.")
    same = all(made.get(name) == other.get(name) for name in ("type", "content", "priority"))
    if same:
        raise ApiError(400, 81058, "An identical record already exists.")

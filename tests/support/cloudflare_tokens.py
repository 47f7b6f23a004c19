"""The API tokens of an account, for the stand-in of Cloudflare: made, listed, changed, rolled, verified, deleted."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.support.cloudflare_objects import ApiError

LIMIT = 50


class Tokens:
    """Tokens by id. `values` has their values, which the API tells once."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.values: dict[str, str] = {}

    def named(self, name: str) -> dict[str, Any]:
        """The token whose name begins so."""
        return next(one for one in self.made.values() if one["name"].startswith(f"{name} "))

    def answer(self, method: str, rest: str, body: Any, token: str) -> Any:
        """Carry out a request to `/tokens/<rest>` that was made with a token."""
        if rest == "verify":
            return self._verified(token)
        id_, _, what = rest.partition("/")
        if id_ and id_ not in self.made:
            raise ApiError(404, 1003, "API Token not found.")
        match method, bool(id_), what:
            case "GET", False, "":
                return list(self.made.values())
            case "POST", False, "":
                made = self._take(secrets.token_hex(16), {**body, "status": "active", "last_used_on": None})
                return made | {"value": self._roll(made["id"])}
            case "GET", True, "":
                return self.made[id_]
            case "PUT", True, "value":
                return self._roll(id_)
            case "PUT", True, "":
                return self._take(id_, body)
            case "DELETE", True, "":
                del self.made[id_], self.values[id_]
                return {"id": id_}
        raise ApiError(405, 7001, f"Method {method} not available for that URI.")

    def _take(self, id_: str, body: Mapping[str, Any]) -> dict[str, Any]:
        if not 1 <= len(body["name"]) <= 120 or not body["policies"]:
            raise ApiError(400, 1001, "a token needs a name of 1 to 120 characters, and policies")
        self.made[id_] = {**self.made.get(id_, {"id": id_}), **body}
        return self.made[id_]

    def _roll(self, id_: str) -> str:
        self.values[id_] = f"canary-{secrets.token_hex(20)}"
        return self.values[id_]

    def _verified(self, token: str) -> dict[str, Any]:
        """What the token is that asks; asking is a use of it."""
        id_ = next((each for each, value in self.values.items() if value == token), "")
        if not id_ or self.made[id_]["status"] != "active":
            raise ApiError(401, 1000, "Invalid API Token")
        return {"id": id_, "status": "active"}

    def use(self, token: str) -> None:
        """Use a token as a client does."""
        self.made[self._verified(token)["id"]]["last_used_on"] = datetime.now(UTC).isoformat()

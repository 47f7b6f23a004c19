"""An adapter for secrets of one's own: what `sophia_infra.RotatingSecret` of the kind `webhook` asks.

Here the logins live in a file of JSON that a service might read; put calls of your own in the place of `Store`. Run it
beside the service: `python adapter.py 8443 public.pem logins.json`, behind what speaks https.
"""

import base64
import hashlib
import json
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


class Store:
    """The logins, in a file: `{"app_a": {"slot", "generation", "state", "at", "value", "users"}}`."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> dict:
        """Return all logins."""
        return json.loads(self.file.read_text()) if self.file.exists() else {}

    def write(self, logins: dict) -> None:
        """Replace them, in one step."""
        draft = self.file.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(logins))
        draft.replace(self.file)

    def check(self, login: str, value: str) -> bool:
        """What the service does when somebody logs in."""
        found = self.read().get(login, {})
        return found.get("state") == "issued" and found.get("value") == value


def answer(store: Store, request: dict) -> tuple[int, dict]:
    """Carry out one step; each may be asked for again, and then leaves the same."""
    step, logins = request["step"], store.read()
    if step == "observe":
        users = [
            {"slot": held["slot"], "application": name} for held in logins.values() for name in held.get("users", [])
        ]
        shown = ("generation", "state", "at")
        return 200, {
            "slots": {held["slot"]: {key: held[key] for key in shown} for held in logins.values()},
            "sessions": users,
        }
    login = request["login"]
    held = logins.setdefault(login, {"slot": request["slot"], "generation": 0, "state": "absent"})
    if step == "verify":
        works = store.check(login, request["value"]) and not store.check(login, request["value"] + "-not")
        return 200, {"unverified": [] if works else ["the login does not work"]}
    if step == "issue":
        if held["generation"] > request["generation"]:
            return 409, {"error": f"{login} has generation {held['generation']} already"}
        held |= {"generation": request["generation"], "value": request["value"], "state": "issued"}
    elif step in ("suspend", "revoke") and held.get("users") and not request.get("force"):
        return 409, {"error": f"{login} is in use by {held['users'][0]}"}
    elif step == "revoke":
        held |= {"state": "revoked", "value": ""}
    else:
        held["state"] = {"suspend": "suspended", "resume": "issued"}[step]
    held["at"] = datetime.now(UTC).isoformat()
    store.write(logins)
    return 200, {}


def is_signed(header: str, url: str, body: bytes, public_key: bytes) -> bool:
    """Whether a request is for this URL, not old, and not altered."""
    try:
        head, claims, signature = header.removeprefix("Bearer ").split(".")
        key = serialization.load_pem_public_key(public_key)
        key.verify(_octets(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
        found = json.loads(_octets(claims))
        is_rs256 = json.loads(_octets(head)).get("alg") == "RS256"
    except (InvalidSignature, ValueError):
        return False
    wanted = f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}"
    return is_rs256 and found["aud"] == url and found["exp"] > time.time() and found["body_hash"] == wanted


def _octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def handler(store: Store, url: str, public_key: bytes) -> type[BaseHTTPRequestHandler]:
    """The requests to one URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if is_signed(self.headers.get("Authorization", ""), url, body, public_key):
                status, said = answer(store, json.loads(body)["request"])
            else:
                status, said = 401, {"error": "not signed by the key that is known here"}
            octets = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            """Log nothing: requests hold secrets."""

    return Handler


if __name__ == "__main__":
    port, key_file, logins_file = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    own_url = sys.argv[4] if len(sys.argv) > 4 else f"http://127.0.0.1:{port}/"
    made = handler(Store(logins_file), own_url, key_file.read_bytes())
    ThreadingHTTPServer(("127.0.0.1", port), made).serve_forever()

"""Secrets of anything else: an adapter of one's own is asked over HTTP, and does each step where its logins live.

A request is that of ESC's `external` rotators: JSON by POST, with `Authorization: Bearer` and a JWT (RFC 7519, RS256)
whose `aud` is the URL and whose `body_hash` is that of the body. docs/secrets.md has its members and its answers.
"""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sophia_infra import web
from sophia_infra.credentials import resolve
from sophia_infra.dns.reader.problems import bounded
from sophia_infra.secrets.kinds import Login, SecretError, place_of, server_url
from sophia_infra.secrets.phases import SLOTS, Block, Seen, Session, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec

SECONDS = 60.0
"""How long an adapter may take for an answer."""
_VALID_SECONDS = 300
_IN_USE = 409


@dataclass(frozen=True, slots=True)
class Webhook:
    """The two logins of a secret, as an adapter has them."""

    spec: SecretSpec

    def login(self, slot: str) -> Login:
        """Return the login of a slot; no URL leads to it."""
        return Login("", self.spec.logins[slot], "")

    def observe(self) -> Seen:
        """Ask how both slots stand, and who uses them; an adapter that sees nobody leaves `sessions` out."""
        answer = self._asked("observe")
        try:
            slots = {slot: _slot(found) for slot, found in dict(answer["slots"]).items() if slot in SLOTS}
            sessions = [Session(**{key: bounded(str(each.get(key, ""))) for key in Session.__slots__})
                        for each in answer.get("sessions", ())]  # fmt: skip
            gaps = [Block("sessions-hidden", "", bounded(str(gap))) for gap in answer.get("gaps", ())]
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            raise self._failed("observe", "answers no state of slots") from None
        return Seen(slots, tuple(sessions), tuple(gaps))

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Have the adapter let a login take a value."""
        self._asked("issue", slot, value=value, generation=generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Have the adapter log in with the value, and with another one, which must fail."""
        found = self._asked("verify", slot, value=value).get("unverified")
        if not isinstance(found, list):
            raise self._failed("verify", "answers no list `unverified`")
        told = [bounded(str(each).replace(value, "[secret]")) for each in found]
        return tuple(Block("login-refused", "", f"its adapter does not take the new login yet: {why}") for why in told)

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Have further logins refused."""
        self._asked("suspend", slot, force=force)

    def resume(self, slot: str) -> None:
        """Have logins taken again."""
        self._asked("resume", slot)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Have the value ended."""
        self._asked("revoke", slot, force=force)

    def _asked(self, step: str, slot: str = "", **more: Any) -> Mapping[str, Any]:
        """Send one request; it is sent once, and the next run asks how things stand."""
        url = server_url(self.spec.server, "server")
        of_slot = {"slot": slot, "login": self.login(slot).username} if slot else {}
        request = {"step": step, "secret": self.spec.label, **of_slot, **more}
        body = json.dumps({"request": request, "state": None}).encode()
        headers = {"Authorization": f"Bearer {self._signed(url, body)}"}
        try:
            status, answer = web.asked("POST", url, headers, body, SECONDS)
        except OSError as error:
            raise self._failed(step, str(error)) from None
        return self._read(step, status, answer, str(more.get("value") or ""))

    def _read(self, step: str, status: int, answer: bytes, value: str) -> Mapping[str, Any]:
        try:
            found = json.loads(answer or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self._failed(step, f"answers {status} and no JSON object")
        if status == 200:
            return found
        told = str(found.get("error", ""))
        why = bounded(told.replace(value, "[secret]") if value else told)
        if status == _IN_USE:
            raise SecretError(f"{self._place}: {why}", code="secret-in-use", subject=self.spec.name)
        raise self._failed(step, f"answers {status}: {why}")

    def _signed(self, url: str, body: bytes) -> str:
        """Return the JWT of a request; SecretError shows nothing of the key."""
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa

        try:
            key = serialization.load_pem_private_key(resolve(self.spec.key, "key").encode(), None)
        except (ValueError, TypeError):
            key = None  # refused below, as one of another kind is
        if not isinstance(key, rsa.RSAPrivateKey):
            raise SecretError("key is no RSA key in PEM: openssl genrsa -out adapter.pem 3072", field="key")
        now = int(time.time())
        claims = {"aud": url, "iat": now, "exp": now + _VALID_SECONDS, "jti": str(uuid.uuid4())}
        claims["body_hash"] = f"sha256-{base64.b64encode(hashlib.sha256(body).digest()).decode()}"
        head = ".".join(_part(json.dumps(each).encode()) for each in ({"alg": "RS256", "typ": "JWT"}, claims))
        return f"{head}.{_part(key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    @property
    def _place(self) -> str:
        return place_of(server_url(self.spec.server, "server"))

    def _failed(self, step: str, why: str) -> SecretError:
        return SecretError(f"{self._place}, asked for {step}, {why}", code="secret-server", subject=self._place)


def _slot(found: Mapping[str, Any]) -> Slot:
    at = datetime.fromisoformat(str(found["at"])) if found.get("at") else None
    if at and at.tzinfo is None:
        raise ValueError("a time without its zone")
    state = SlotState(found["state"])
    if state is SlotState.GONE:
        raise ValueError("the state of a server that makes the values itself")
    return Slot(state, int(found.get("generation", 0)), at)


def _part(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

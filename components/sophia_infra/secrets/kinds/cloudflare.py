"""API tokens of Cloudflare: two of an account, or of a user, with the same policies (developers.cloudflare.com/api).

Cloudflare makes the value, and tells it once: a token is made disabled, and enabled once its value is in the state. A
run that is killed before it is there has the token of the slot rolled by the next one: nobody has the value of before.
What was done stands in a token's name. Which client uses a token Cloudflare does not tell, only when one did last.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sophia_infra import clock
from sophia_infra.changes import fingerprint
from sophia_infra.credentials import Credentials, is_safe, resolve
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.cloudflare.client import DENIED, Client, RefusedError, connected
from sophia_infra.secrets.kinds import (
    REFUSED,
    Login,
    SecretError,
    moved,
    place_of,
    refuse_used,
    server_url,
    unsure,
    unverified,
)
from sophia_infra.secrets.kinds.mark import foreign
from sophia_infra.secrets.phases import SLOTS, Block, Seen, Session, Slot, SlotState
from sophia_infra.secrets.spec import SecretSpec

SECONDS, PAGE = 10.0, 50
QUIET = timedelta(hours=1)
"""How old a last use is that does not count any more: Cloudflare does not say how late it tells of one."""
_MADE = "made"
"""What a token's name says before its value is known to be in the state."""
_NAME = re.compile(r"(\S+) sophia (\S+) (made|issued|suspended) ([0-9]+) (\S+)")
_CONFIG = "sophia:cloudflareToken"
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Token:
    """A token of ours; `state` is that of its name."""

    id: str
    state: str
    generation: int
    at: datetime
    is_active: bool
    used: datetime | None

    @property
    def slot(self) -> Slot:
        """How the slot stands; what Cloudflare itself says of the token wins."""
        if self.state == _MADE:
            return Slot(SlotState.ABSENT, self.generation)
        by_name = SlotState(self.state)
        state = SlotState.ISSUED if self.is_active else SlotState.SUSPENDED
        return Slot(state, self.generation, self.at if state is by_name or self.is_active else None)


class Cloudflare:
    """The two tokens of a secret."""

    def __init__(self, spec: SecretSpec) -> None:
        self.spec = spec
        self.names = spec.logins

    def login(self, slot: str) -> Login:
        """Return the token's name; no URL leads to it."""
        return Login("", self.names[slot], "")

    def mint(self, slot: str, generation: int) -> str:
        """Have a token made, or the slot's one rolled, which is disabled; return its value."""
        with self._connected() as api:
            found = self._tokens(api).get(slot)
            if found and found.state != _MADE:
                raise moved(self.spec.name, self.names[slot], found.generation, generation)
            body = {"name": self._name(slot, _MADE, generation), "policies": list(self.spec.policies)}
            if found:
                value, id_ = api.change("PUT", f"/tokens/{found.id}/value", {})["result"], found.id
            else:
                made = api.change("POST", "/tokens", body)["result"]
                value, id_ = made["value"], made["id"]
            api.change("PUT", f"/tokens/{id_}", {**body, "status": "disabled"})
            return str(value)

    def observe(self) -> Seen:
        """Read both tokens, and which was used in the last hour; by whom is not told."""
        with self._connected() as api:
            tokens = self._tokens(api)
        now = clock.now()
        recent = {slot: token.used for slot, token in tokens.items() if token.used and now - token.used < QUIET}
        sessions = [Session(slot, f"a client, last at {used:%H:%M} UTC") for slot, used in recent.items()]
        slots = {slot: tokens[slot].slot if slot in tokens else Slot(SlotState.GONE) for slot in SLOTS}
        fix = "confirm each consumer once more: sophia secrets confirm"
        unseen = unsure(slots, "Cloudflare tells of no token that it has refused", fix)
        return Seen(slots, tuple(sessions), unsure=unseen)

    def issue(self, slot: str, value: str, generation: int) -> None:
        """Enable the token of a slot; its value is the one that it was made with."""
        self._set(slot, SlotState.ISSUED, generation)

    def verify(self, slot: str, value: str) -> tuple[Block, ...]:
        """Have Cloudflare say which token a value is of, and refuse another value."""
        with self._connected() as api:
            token = self._tokens(api).get(slot)

        def login(password: str) -> str:
            with self._connected(password) as asked:
                return str(asked.get("/tokens/verify")["result"].get("id"))

        id_ = token.id if token else self.names[slot]
        return tuple(unverified(login, id_, value, "api.cloudflare.com", "see what answers in its place"))

    def suspend(self, slot: str, *, force: bool = False) -> None:
        """Disable the token, unless it was used in the last hour."""
        if not force:
            refuse_used(self, slot)
        self._set(slot, SlotState.SUSPENDED)

    def resume(self, slot: str) -> None:
        """Enable the token again."""
        self._set(slot, SlotState.ISSUED)

    def revoke(self, slot: str, *, force: bool = False) -> None:
        """Delete the token."""
        if not force:
            refuse_used(self, slot)
        with self._connected() as api:
            if token := self._tokens(api).get(slot):
                self._refuse_own(api, slot, token)
                api.change("DELETE", f"/tokens/{token.id}", None)

    def _set(self, slot: str, state: SlotState, generation: int | None = None) -> None:
        with self._connected() as api:
            token = self._tokens(api).get(slot)
            if token is None:
                told = f"{self.names[slot]} was deleted at Cloudflare meanwhile; run it again: the next one is made"
                raise SecretError(told, code="secret-moved", subject=self.spec.name)
            if generation is not None and token.generation > generation:
                raise moved(self.spec.name, self.names[slot], token.generation, generation)
            if state is SlotState.SUSPENDED:
                self._refuse_own(api, slot, token)
            name = self._name(slot, str(state), token.generation if generation is None else generation)
            status = "disabled" if state is SlotState.SUSPENDED else "active"
            body = {"name": name, "policies": list(self.spec.policies), "status": status}
            api.change("PUT", f"/tokens/{token.id}", body)

    def _refuse_own(self, api: Client, slot: str, token: Token) -> None:
        """Refuse to end the token by which all of this is done."""
        if api.get("/tokens/verify")["result"].get("id") == token.id:
            told = f"key is the token {self.names[slot]} itself, which is to be ended: give one of another secret"
            raise SecretError(told, code="secret-own", field="key", subject=self.names[slot])

    def _tokens(self, api: Client) -> dict[str, Token]:
        """Return the tokens of both slots that are there."""
        found: dict[str, Token] = {}
        slots, page, pages = {name: slot for slot, name in self.names.items()}, 0, 1
        while page < pages:
            page += 1
            answer = api.get("/tokens", page=page, per_page=PAGE)
            pages = int((answer.get("result_info") or {}).get("total_pages") or 1)
            for each in answer["result"]:
                name = str(each.get("name")).partition(" ")[0]
                if name in slots:
                    found[slots[name]] = self._token(each, name)
        return found

    def _token(self, each: Mapping[str, Any], name: str) -> Token:
        named = _NAME.fullmatch(str(each["name"]))
        if not named or named[2] != self._mark:
            raise foreign(f"the token {name}", "was not made for this secret")
        used = datetime.fromisoformat(each["last_used_on"]) if each.get("last_used_on") else None
        is_active, at = each.get("status") == "active", datetime.fromisoformat(named[5])
        return Token(str(each["id"]), named[3], int(named[4]), at, is_active, used)

    def _name(self, slot: str, state: str, generation: int) -> str:
        at = f"{clock.now().astimezone(UTC):%Y%m%dT%H%M%S.%f}"[:-3]  # short: a name has 120 characters at most
        return f"{self.names[slot]} sophia {self._mark} {state} {generation} {at}Z"

    @property
    def _mark(self) -> str:
        return fingerprint(self.spec.label)[:12]

    @contextmanager
    def _connected(self, token: str = "") -> Iterator[Client]:
        url = server_url(self.spec.server, "server").rstrip("/")
        if not is_safe(url):
            raise SecretError("server must be asked by https: it is sent a token", code="secret-url", field="server")
        held = {_CONFIG: token or resolve(self.spec.key, "key")}
        try:
            with connected(url, SECONDS, Credentials(held.get)) as api:
                yield api
        except RefusedError as error:
            is_wrong = bool(token) and error.status in (*DENIED, _BAD_REQUEST)
            way_out = "" if token else "; key needs the right to edit API tokens"
            told = f"{str(error).removesuffix(error.way_out)}{way_out}"
            raise SecretError(told, code=REFUSED if is_wrong else "secret-server", subject=place_of(url)) from None
        except BackendError as error:
            told = str(error).replace(_CONFIG, "key")
            raise SecretError(told, code="secret-server", subject=place_of(url)) from None

"""HTTP with Cloudflare's API v4: token, budget, retries, and what an answer means."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

import requests
from requests.auth import AuthBase

from sophia_infra.credentials import CLOUDFLARE, Credentials
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.budget import Budget, Window
from sophia_infra.dns.backends.providers import SHOWN
from sophia_infra.dns.reader.problems import bounded
from sophia_infra.reporter import STDERR
from sophia_infra.retries import again
from sophia_infra.version import VERSION

LIMIT = Window(1200, 300)
"""What Cloudflare allows a token (developers.cloudflare.com/fundamentals/api/reference/limits)."""
PATIENCE = 300.0
"""Seconds to wait at most for a place within `LIMIT`, or for what `retry-after` asks."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries of a request that may safely be repeated."""
TRIES = len(PAUSES) + 1
ANSWER_LIMIT = 64 * 2**20
"""Octets of one answer, unpacked: 64 MiB, some ten times what a full page of records takes."""
_CHUNK = 2**20
_READ = 50  # errors of one answer
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=-]{20,512}")
_LEFT = re.compile(r";\s*r=([0-9]{1,9})\b")  # of the header Ratelimit: "default";r=50;t=30
_TOO_MANY, _SERVER_ERROR = 429, 500
DENIED = (401, 403)
"""Statuses of a token that is not allowed to."""


class Told(NamedTuple):
    """One error of an answer as it came, unbounded; `pointer` is where in the request, empty where it says none."""

    message: str
    code: str
    pointer: str


class RefusedError(BackendError):
    """The API refused a request, and did nothing of it. Its message may repeat values of the request.

    Its code is `denied` where the token is not allowed to; `value` is the status.
    """

    code = "refused"

    def __init__(self, what: str, status: int, errors: Sequence[Told]) -> None:
        self.status, self.errors = status, errors
        told = ", ".join(bounded(f"{error.message} ({error.code})") for error in errors[:SHOWN])
        super().__init__(
            f"Cloudflare refused {what}: {told or f'status {status}'}{self.way_out}",
            code="denied" if status in DENIED else "refused",
            subject=what,
            value=status,
        )

    @property
    def way_out(self) -> str:
        """What a token needs that is not allowed to; empty where it is something else."""
        if self.status not in DENIED:
            return ""
        return "; the token needs Zone Read and DNS Edit for the zone (sophia:cloudflareToken, docs/cloudflare.md)"


class UnansweredError(BackendError):
    """A request that changes something got no answer that says whether it did."""

    code = "unanswered"


class _TooLargeError(BackendError):
    """An answer larger than any that the API gives."""

    code = "too-large"


class _TooManyError(Exception):
    """The token has sent too many requests; `pause` are the seconds that it asks for, True where it does not say."""

    def __init__(self, pause: bool | float) -> None:
        super().__init__("too many requests")
        self.pause = pause


class _Bearer(AuthBase):
    """Sets the token itself: requests would put what .netrc holds for the host in the place of a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(frozen=True, slots=True)
class Client:
    """One session. `budget` is shared by all processes of this user that have the same token."""

    endpoint: str
    timeout: float
    session: requests.Session
    budget: Budget
    calls: list[str] = field(default_factory=list)
    told: list[int] = field(default_factory=list)

    @property
    def spent(self) -> str:
        """The requests of this session, and how many Cloudflare leaves the token, for people."""
        left = f", {self.told[-1]} of the token's {LIMIT} left" if self.told else ""
        return f"{len(self.calls)} requests{left}"

    def get(self, path: str, **parameters: str | int) -> Mapping[str, Any]:
        """Return a whole answer; a request that fails on the way is tried again.

        Raises:
            RefusedError: the API says no.
            BackendError: there is no answer, or none that can be read.
        """
        try:
            ask = partial(self._admitted, "GET", path, params=parameters)
            return again(UnansweredError, ask, attempts=TRIES, pause=PAUSES[0])
        except UnansweredError as error:
            raise BackendError(
                f"{error}; tried {TRIES} times, so run it again later",
                code="unanswered",
                subject=error.subject,
                value=error.value,
            ) from None

    def change(self, method: str, path: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        """Return the answer to a request that changes something; it is sent once.

        Raises:
            RefusedError: the API says no, and did nothing.
            UnansweredError: whether it was done is not known.
        """
        try:
            return self._admitted(method, path, json=body)
        except _TooLargeError as error:
            raise UnansweredError(str(error), subject=error.subject, limit=error.limit) from None

    def _admitted(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        """Send a request, and again where Cloudflare takes no more for now: of those it does nothing."""
        try:
            return again(_asked_pause, lambda: self._once(method, path, content), attempts=TRIES, pause=1)
        except _TooManyError:
            raise BackendError(
                f"Cloudflare refused {method} {path} {TRIES} times: too many requests; run it again in five minutes",
                code="throttled",
                subject=f"{method} {path}",
            ) from None

    def _once(self, method: str, path: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
        what = f"{method} {path}"
        self.budget.spend()
        self.calls.append(what)
        try:
            response, body = self._answered(method, path, content)
        except requests.RequestException as error:
            raise UnansweredError(f"Cloudflare did not answer {what}: {type(error).__name__}", subject=what) from None
        if found := _LEFT.search(response.headers.get("ratelimit", "")):
            self.told.append(int(found[1]))
        if response.status_code == _TOO_MANY:
            raise _TooManyError(_pause(what, response.headers.get("retry-after", "")))
        return _answer(what, response.status_code, body)

    def _answered(self, method: str, path: str, content: Mapping[str, Any]) -> tuple[requests.Response, bytes]:
        url, body = self.endpoint + path, bytearray()
        with self.session.request(
            method, url, timeout=self.timeout, allow_redirects=False, stream=True, **content
        ) as response:
            for octets in response.iter_content(_CHUNK):
                body += octets
                if len(body) > ANSWER_LIMIT:
                    raise _TooLargeError(
                        f"Cloudflare answered {method} {path} with more than {ANSWER_LIMIT} octets, more than any "
                        "answer of its API has; check backend.endpoint, and what stands between here and it",
                        subject=f"{method} {path}",
                        limit=ANSWER_LIMIT,
                    )
        return response, bytes(body)


@contextmanager
def connected(endpoint: str, timeout: float, credentials: Credentials) -> Iterator[Client]:
    """Open a session with the token that the stack holds.

    Raises:
        BackendError: there is no token, or it has characters that no token has.
    """
    token = credentials.get(*CLOUDFLARE).strip()
    if not _TOKEN.fullmatch(token):
        raise BackendError(
            "sophia:cloudflareToken is not an API token: it has 20 or more letters, digits, - and _; "
            "make one at dash.cloudflare.com/profile/api-tokens with Zone Read and DNS Edit for the zone",
            field="sophia:cloudflareToken",
        )
    budget = Budget(f"Cloudflare token {sha256(token.encode()).hexdigest()[:8]}", (LIMIT,), PATIENCE, time.sleep)
    with requests.Session() as session:
        session.auth = _Bearer(token)
        session.headers["User-Agent"] = f"sophia-infra/{VERSION}"
        client = Client(endpoint, timeout, session, budget)
        yield client
    if client.told and client.told[-1] < LIMIT.requests // 2:
        STDERR.say_once(f"Cloudflare: {client.spent}")


def _pause(what: str, asked: str) -> bool | float:
    # a date is allowed too (RFC 9110 section 10.2.3), but Cloudflare documents seconds
    seconds = float(asked) if asked.isdecimal() else True
    if seconds > PATIENCE:
        raise BackendError(
            f"Cloudflare refused {what}: too many requests, and asks for {asked} seconds of pause, more than "
            f"{PATIENCE:.0f}; run it again then",
            code="throttled",
            subject=what,
            value=seconds,
            limit=PATIENCE,
        )
    return seconds


def _asked_pause(error: Exception) -> bool | float:
    return isinstance(error, _TooManyError) and error.pause


def _answer(what: str, status: int, body: bytes) -> Mapping[str, Any]:
    if status >= _SERVER_ERROR:
        raise UnansweredError(f"Cloudflare answered {what} with status {status}", subject=what, value=status)
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, Mapping):
        raise UnansweredError(
            f"Cloudflare answered {what} with status {status} and no JSON", subject=what, value=status
        )
    if answer.get("success") is True:
        return answer
    raise RefusedError(what, status, _told(answer.get("errors")))


def _told(errors: Any) -> list[Told]:
    """The errors of an answer, each with its chain behind it."""
    told = []
    for first in _mappings(errors)[:_READ]:
        for error in (first, *_mappings(first.get("error_chain"))):
            source = error.get("source")
            pointer = source.get("pointer") if isinstance(source, Mapping) else None
            where = pointer if isinstance(pointer, str) else ""
            told.append(Told(str(error.get("message")), str(error.get("code")), where))
    return told


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []

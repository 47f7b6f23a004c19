"""The page over HTTP, for one browser on this machine: it is let in once, by the token of the address."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from sophia_infra.agent.understanding import LONGEST
from sophia_infra.serving.page.talk import Talk

_PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
_COOKIE = "sophia"
_LARGEST = 8 * LONGEST
"""Octets of a request: the longest text in JSON, with room."""


def _digest(element: str) -> str:
    inside = re.search(f"<{element}>(.*?)</{element}>", _PAGE, re.DOTALL)
    return "sha256-" + base64.b64encode(hashlib.sha256(inside[1].encode() if inside else b"").digest()).decode()


_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src '{_digest('script')}'; style-src '{_digest('style')}';"
    " img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """The page of one conversation, for the one browser that has the token first.

    That one gets a cookie, for a path that nobody can guess: without that, browsers would show a cookie of 127.0.0.1 to
    the servers of all of its ports.
    """

    def __init__(self, talk: Talk, port: int, token: str) -> None:
        self._talk = talk
        self._token = token
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._place, self._cookie, self._csrf = (secrets.token_urlsafe(24) for _ in range(3))

    @property
    def app(self) -> Starlette:
        """It as an application."""
        inside = f"/{self._place}/"
        routes = [
            Route("/", self._enter),
            Route(inside, self._page),
            Route(f"{inside}events", self._events),
            Route(f"{inside}say", self._say, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._watching)

    @asynccontextmanager
    async def _watching(self, _: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(self._talk.watch())
        yield
        watch.cancel()

    def _refuse(self, request: Request, *, unknown: bool = False) -> None:
        """Refuse who asks by another name, from another page, or without the cookie; raises HTTPException."""
        origin = request.headers.get("origin", "").removeprefix("http://")
        if request.headers.get("host") not in self._hosts:
            raise _refusal(421, "this server has another name")
        if origin and origin not in self._hosts:
            raise _refusal(403, "a page from elsewhere may not ask this server")
        if not unknown and not _same(request.cookies.get(_COOKIE, ""), self._cookie):
            raise _refusal(403, "this browser is not the one that was let in")

    async def _enter(self, request: Request) -> Response:
        self._refuse(request, unknown=True)
        if request.method != "GET":
            raise _refusal(405, "a look at this address uses nothing up")
        if not self._token or not _same(request.query_params.get("token", ""), self._token):
            raise _refusal(403, "this address was used already; start sophia chat --web again")
        self._token = ""
        answer = RedirectResponse(f"/{self._place}/", 303, _HEADERS)
        answer.set_cookie(_COOKIE, self._cookie, path=f"/{self._place}/", httponly=True, samesite="lax")
        return answer

    async def _page(self, request: Request) -> Response:
        self._refuse(request)
        return Response(_PAGE.replace("@CSRF@", self._csrf), media_type="text/html", headers=_HEADERS)

    async def _events(self, request: Request) -> Response:
        self._refuse(request)
        last = request.headers.get("last-event-id", "")
        told = self._talk.feed.since(int(last) if last.isdecimal() else 0)
        return StreamingResponse(told, media_type="text/event-stream", headers=_HEADERS)

    async def _say(self, request: Request) -> Response:
        self._refuse(request)
        if not _same(request.headers.get("x-csrf", ""), self._csrf):
            raise _refusal(403, "this is not from the page")
        if not self._talk.say(await _text(request)):
            raise _refusal(409, "wait for the reply to what was said before")
        return Response(status_code=202, headers=_HEADERS)


async def _text(request: Request) -> str:
    """What is said; HTTPException where it is nothing, or too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            break
    with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
        text: str = json.loads(body)["text"].strip()
        if 0 < len(text) <= LONGEST:
            return text
    raise _refusal(400, f"say a text of at most {LONGEST} characters")


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _refusal(status: int, text: str) -> HTTPException:
    return HTTPException(status, text, _HEADERS)

"""Signed requests to an ACME CA (RFC 8555 section 6), made again where the CA did not do what was asked."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from acme import messages
from acme.client import ClientNetwork, ClientV2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from josepy.jwa import ES256, ES384, RS256
from josepy.jwk import JWK, JWKEC

from sophia_infra import clock
from sophia_infra.retries import again
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.acme.answers import bound
from sophia_infra.tls.issuers.acme.directory import AGENT, TIMEOUT, host_of, retry_after, verify
from sophia_infra.tls.issuers.acme.problems import kind_of, told

NONCES = 8
"""How often a request is signed anew because the CA does not take its nonce; each time is two tries."""
WAIT = 180.0
"""Seconds for an authorization or an order to be decided on."""
PAUSES = (0.1, 30.0)
"""The shortest and the longest pause between two looks, whatever the CA asks for, in seconds."""
BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same is asked again: the CA has not done it."""
TRIES, PAUSE, PATIENCE = 4, 0.5, 60.0
"""How often, the first pause in seconds, and for how many seconds a connection keeps pauses that the CA asks for."""

Found = TypeVar("Found", bound=messages.ResourceBody)


class Connection:
    """What is asked of a CA with one key. Use it on one thread.

    Raises:
        IssuerError: the CA can't be reached, or refuses; every method may. `retry_at` is when it may be asked again.
    """

    def __init__(self, settings: IssuerSettings, account_key: str) -> None:
        self.host = host_of(settings.directory)
        key, algorithm = signer(account_key)
        self.network = ClientNetwork(key, alg=algorithm, user_agent=AGENT, timeout=int(TIMEOUT))
        trusted: Any = verify(settings)  # handed on to requests, which takes a path too
        self.network.verify_ssl = trusted
        bound(self.network.session).hooks["response"].append(self._keep)
        self._patience = PATIENCE
        self._last: Any = None
        self.directory = self._answer(
            lambda: ClientV2.get_directory(settings.directory, self.network), "show its directory"
        )

    @property
    def key(self) -> Any:
        """The key that requests are signed with, as `josepy` has it."""
        return self.network.key

    @property
    def is_busy(self) -> bool:
        """Whether the CA's last answer was that it is busy; not where none came."""
        return self._last is not None and self._last.status_code in BUSY

    def url(self, resource: str) -> str:
        """Return where a resource of the directory is, such as `newOrder`."""
        with told(self.host, f"say where its {resource} is"):
            return str(self.directory[resource])

    def post(self, url: str, message: Any, what: str) -> Any:
        """Return the answer to a message, None for a look (POST-as-GET); `what` is asked for, as errors say it."""
        nonce_url = self.url("newNonce")
        return self._answer(lambda: self._signed(url, message, nonce_url), what)

    def made(self, resource: str, message: Any, what: str) -> str:
        """Return the URL of what a message has the CA make at a resource of its directory."""
        answer = self.post(self.url(resource), message, what)
        with told(self.host, what):
            return str(answer.headers["Location"])

    def look(self, url: str, kind: type[Found], *, until: Callable[[Found], bool] = lambda _: True) -> Found:
        """Return what stands at a URL, once something is true of it; the CA says how often to look."""
        ends, pause, what = time.monotonic() + WAIT, PAUSES[0], f"show an {kind.__name__.lower()}"
        while True:
            answer = self.post(url, None, what)
            with told(self.host, what):
                found: Found = kind.from_json(answer.json())
            if until(found):
                return found
            if time.monotonic() > ends:
                slow = f"{self.host} has not decided in {WAIT:g} s; the order stands, and the next run goes on with it"
                raise IssuerError(slow, code="acme-slow", subject=self.host, limit=WAIT)
            asked = retry_after(answer)
            time.sleep(min(max(pause if asked is None else asked.total_seconds(), PAUSES[0]), PAUSES[1]))
            pause *= 2

    def _signed(self, url: str, message: Any, nonce_url: str) -> Any:
        for _ in range(NONCES - 1):
            try:
                return self.network.post(url, message, new_nonce_url=nonce_url)
            except messages.Error as error:
                if kind_of(error) != "badNonce":
                    raise
        return self.network.post(url, message, new_nonce_url=nonce_url)

    def _answer(self, ask: Callable[[], Any], what: str) -> Any:
        """Return what a call returns; it is made again while the CA is busy, for as long as it asks for."""
        self._last = None
        try:
            with told(self.host, what):
                return again(self._pause, ask, attempts=TRIES, pause=PAUSE)
        except IssuerError as error:
            asked = retry_after(self._last) if self.is_busy else None
            error.retry_at = None if asked is None else clock.now() + asked
            raise

    def _keep(self, answer: Any, **_of_request: Any) -> None:
        self._last = answer

    def _pause(self, _error: Exception) -> bool | float:
        """Return the pause after a failure, False where nothing is asked again: a limit without a time is for days."""
        if not self.is_busy:
            return False
        if (asked := retry_after(self._last)) is None:
            return bool(self._last.status_code != 429)
        self._patience -= asked.total_seconds()
        return asked.total_seconds() if self._patience >= 0 else False


def signer(account_key: str) -> tuple[Any, Any]:
    """Return an account's key, and the algorithm that it signs by (RFC 7518 section 3.1)."""
    key: Any = JWK.load(account_key.encode())
    if isinstance(key, JWKEC):
        return key, ES256 if isinstance(key.key.curve, SECP256R1) else ES384
    return key, RS256

"""A conversation with an ACME CA under one account (RFC 8555). `acme` and `josepy` are loaded once it begins."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin

from sophia_infra import clock
from sophia_infra.advice.report import STDERR
from sophia_infra.retries import again
from sophia_infra.tls.certificates import leads_to
from sophia_infra.tls.issuer_settings import IssuerSettings
from sophia_infra.tls.issuers import Binding, IssuerError
from sophia_infra.tls.issuers.acme.directory import AGENT, TIMEOUT, host_of, verify
from sophia_infra.tls.issuers.acme.problems import kind_of, told
from sophia_infra.tls.names import address

if TYPE_CHECKING:
    from acme.client import ClientNetwork
    from acme.messages import Authorization, Directory, Order

NONCES = 8
"""How often a request is signed anew because the CA does not take its nonce; each time is two tries."""
WAIT = 180.0
"""Seconds for an authorization or an order to be decided on."""
PAUSES = (0.1, 30.0)
"""The shortest and the longest pause between two looks, whatever the CA asks for, in seconds."""


BUSY = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same is asked again: the CA has not done it."""
TRIES, PAUSE, PATIENCE = 4, 0.5, 60.0
"""How often, the first pause in seconds, and for how many seconds a session keeps pauses that the CA asks for."""


class Session:
    """What is asked of the CA, as the account of one key. Use it on one thread."""

    _directory: "Directory"

    def __init__(self, network: "ClientNetwork", host: str) -> None:
        self.host = host
        self._network = network
        self._patience = PATIENCE
        self._last: Any = None
        network.session.hooks["response"].append(self._keep)
        self._account = self._chain = ""

    @classmethod
    def open(
        cls, settings: IssuerSettings, account_key: str, binding: Binding | None = None, *, registers: bool = True
    ) -> Self:
        """Return a session under the account of a key; it is registered where it is not yet, unless that is forbidden.

        To name a directory is to agree to the CA's terms of service.

        Raises:
            IssuerError: the CA can't be reached, or refuses the account; so do the other methods. Where none may be
                registered and there is none, `value` is `accountDoesNotExist`.
        """
        from acme import client, messages

        host = host_of(settings.directory)
        key, algorithm = _signer(account_key)
        network = client.ClientNetwork(key, alg=algorithm, user_agent=AGENT, timeout=int(TIMEOUT))
        trusted: Any = verify(settings)  # handed on to requests, which takes a path too
        network.verify_ssl = trusted
        session = cls(network, host)
        session._directory = session._answer(
            lambda: client.ClientV2.get_directory(settings.directory, network), "show its directory"
        )
        account = messages.NewRegistration(only_return_existing=True)
        if registers:
            bound = session._bound(binding) if binding else None
            account = messages.NewRegistration.from_data(
                email=settings.email or None, external_account_binding=bound, terms_of_service_agreed=True
            )
        answer = session._post(session._url("newAccount"), account, "register the account")
        session._chain = settings.chain
        session._account = str(answer.headers.get("Location"))
        network.account = messages.RegistrationResource(uri=session._account, body=messages.Registration())
        return session

    @property
    def account(self) -> str:
        """The account's URL."""
        account: Any = self._network.account
        return str(account.uri)

    def key_authorization(self, token: str) -> str:
        """Return what shows control by a token of the CA (RFC 8555 section 8.1)."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from josepy.b64 import b64encode

        return f"{token}.{b64encode(self._key.thumbprint(hash_function=SHA256)).decode()}"

    @property
    def _key(self) -> Any:
        return self._network.key

    def _bound(self, binding: Binding) -> dict[str, Any]:
        """Return what binds the account's key to an account that the CA has of its own (RFC 8555 section 7.3.4)."""
        from acme.messages import ExternalAccountBinding

        public = self._key.public_key()
        found: dict[str, Any] = ExternalAccountBinding.from_data(public, binding.kid, binding.key, self._directory)
        return found

    def registered(self) -> tuple[str, tuple[str, ...]]:
        """Return the status that the CA has of the account, and whom it may write to."""
        from acme.messages import Registration

        answer = self._post(self._account, None, "show the account")
        with told(self.host, "show the account"):
            found = Registration.from_json(answer.json())
        return str(found.status or "")[:20], tuple(map(str, found.contact or ()))

    def change_contact(self, email: str) -> None:
        """Tell the CA whom it may write to; empty for nobody."""
        from acme import messages

        contact = messages.UpdateRegistration.from_data(contact=(), email=email or None)
        self._post(self._account, contact, "change the contact of the account")

    def change_key(self, account_key: str) -> None:
        """Have the account go over to another key, which signs from now on (RFC 8555 section 7.3.5)."""
        from acme.jws import JWS

        (key, algorithm), url = _signer(account_key), self._url("keyChange")
        account = {"account": self._account, "oldKey": self._key.public_key().to_partial_json()}
        agreed = JWS.sign(json.dumps(account).encode(), key=key, alg=algorithm, nonce=None, url=url)
        self._post(url, agreed, "change the key of the account")
        self._network.key, self._network.alg = key, algorithm

    @property
    def is_busy(self) -> bool:
        """Whether the CA's last answer was that it is busy; not where none came."""
        return self._last is not None and self._last.status_code in BUSY

    @property
    def suggests(self) -> bool:
        """Whether the CA tells of renewals (ARI), so that it may be told which certificate an order replaces."""
        return "renewalInfo" in self._directory.to_partial_json()

    def revoke(self, certificate_pem: str, reason: int) -> None:
        """Have a certificate revoked (RFC 8555 section 7.6); one that is already stays so."""
        from acme.messages import Revocation
        from cryptography.x509 import load_pem_x509_certificate

        message = Revocation(certificate=load_pem_x509_certificate(certificate_pem.encode()), reason=reason)
        try:
            self._post(self._url("revokeCert"), message, "revoke the certificate")
        except IssuerError as error:
            if error.value != "alreadyRevoked":
                raise

    def place(self, domains: Sequence[str], profile: str, replaces: str = "") -> str:
        """Place an order and return its URL; `replaces` identifies the certificate before it."""
        from acme import messages

        from sophia_infra.tls.issuers.acme.replacement import Replacement

        kinds = {True: messages.IDENTIFIER_IP, False: messages.IDENTIFIER_FQDN}
        named = [messages.Identifier(typ=kinds[bool(address(name))], value=name) for name in domains]
        order = Replacement(identifiers=named, profile=profile or None, replaces=replaces or None)
        answer = self._post(self._url("newOrder"), order, f"take an order for {domains[0]}")
        return str(answer.headers.get("Location"))

    def order(self, url: str, *, until: Callable[["Order"], bool] = lambda _: True) -> "Order":
        """Return an order once something is true of it."""
        from acme import messages

        found: Order = self._look(url, messages.Order.from_json, until, "show an order")
        return found

    def authorization(self, url: str, *, until: Callable[["Authorization"], bool] = lambda _: True) -> "Authorization":
        """Return an authorization once something is true of it."""
        from acme import messages

        found: Authorization = self._look(url, messages.Authorization.from_json, until, "show an authorization")
        return found

    def answer(self, url: str) -> None:
        """Say that a challenge can be looked at."""
        from acme.challenges import KeyAuthorizationChallengeResponse

        # Written as {} for every kind; one without a field would be false, and so a look at the challenge.
        self._post(url, KeyAuthorizationChallengeResponse(key_authorization=""), "look at a challenge")

    def finalize(self, order: "Order", csr_pem: str) -> None:
        """Ask for the certificate of an order whose names are all shown."""
        from acme import messages
        from cryptography import x509

        request = messages.CertificateRequest(csr=x509.load_pem_x509_csr(csr_pem.encode()))
        self._post(order.finalize, request, "sign the certificate")

    def certificate(self, order: "Order") -> str:
        """Return the certificate of an order and its intermediates, in PEM."""
        from requests.utils import parse_header_links

        url = str(order.certificate)
        answer = self._post(url, None, "hand out the certificate")
        found = str(answer.text)
        if not self._chain or leads_to(found, self._chain):
            return found
        links = parse_header_links(answer.headers.get("Link", ""))
        for other in (urljoin(url, link["url"]) for link in links if link.get("rel") == "alternate"):
            pem = str(self._post(other, None, "hand out another chain").text)
            if leads_to(pem, self._chain):
                return pem
        STDERR.say_once(f"{self.host} has no chain to {self._chain!r} (issuer.chain); its usual one is taken")
        return found

    def _look(self, url: str, read: Callable[[Any], Any], until: Callable[[Any], bool], what: str) -> Any:
        from acme.client import ClientV2

        ends, pause = time.monotonic() + WAIT, PAUSES[0]
        while True:
            answer = self._post(url, None, what)
            with told(self.host, what):
                found = read(answer.json())
            if until(found):
                return found
            if time.monotonic() > ends:
                raise IssuerError(
                    f"{self.host} has not decided in {WAIT:g} s; the order stands, and the next run goes on with it",
                    code="acme-slow",
                    subject=self.host,
                    limit=WAIT,
                )
            asked = answer.headers.get("Retry-After") and ClientV2.retry_after(answer, 1)
            time.sleep(min(max(_seconds_to(asked) if asked else pause, PAUSES[0]), PAUSES[1]))
            pause *= 2

    def _url(self, resource: str) -> str:
        with told(self.host, f"say where its {resource} is"):
            return str(self._directory[resource])

    def _post(self, url: str, message: Any, what: str) -> Any:
        nonce_url = self._url("newNonce")
        return self._answer(lambda: self._signed(url, message, nonce_url), what)

    def _signed(self, url: str, message: Any, nonce_url: str) -> Any:
        from acme import messages

        for _ in range(NONCES - 1):
            try:
                return self._network.post(url, message, new_nonce_url=nonce_url)
            except messages.Error as error:
                if kind_of(error) != "badNonce":
                    raise
        return self._network.post(url, message, new_nonce_url=nonce_url)

    def _answer(self, ask: Callable[[], Any], what: str) -> Any:
        """Return what a call returns; it is made again while the CA is busy, for as long as it asks for."""
        self._last = None
        try:
            with told(self.host, what):
                return again(self._pause, ask, attempts=TRIES, pause=PAUSE)
        except IssuerError as error:
            seconds = self._asked_for()
            error.retry_at = None if seconds is None else clock.now() + timedelta(seconds=seconds)
            raise

    def _keep(self, answer: Any, **_of_request: Any) -> None:
        self._last = answer

    def _asked_for(self) -> float | None:
        """Return for how many seconds the CA asks to be left alone; None where it does not ask for it."""
        from acme.client import ClientV2

        if not self.is_busy or "Retry-After" not in self._last.headers:
            return None
        return max(_seconds_to(ClientV2.retry_after(self._last, 1)), 0.0)

    def _pause(self, _error: Exception) -> bool | float:
        """Return the pause after a failure, False where nothing is asked again: a limit without a time is for days."""
        seconds = self._asked_for()
        if seconds is None:
            return self._last is not None and self._last.status_code in BUSY - {429}
        self._patience -= seconds
        return seconds if self._patience >= 0 else False


def _signer(account_key: str) -> tuple[Any, Any]:
    """Return an account's key, and the algorithm that it signs by (RFC 7518 section 3.1)."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from josepy.jwa import ES256, ES384, RS256
    from josepy.jwk import JWKEC, JWKRSA

    key: Any = load_pem_private_key(account_key.encode(), password=None)
    if isinstance(key, EllipticCurvePrivateKey):
        return JWKEC(key=key), ES256 if isinstance(key.curve, SECP256R1) else ES384
    return JWKRSA(key=key), RS256


def _seconds_to(moment: Any) -> float:
    """Return the seconds until a moment of the local clock, as `acme` gives it."""
    return float((moment - type(moment).now()).total_seconds())

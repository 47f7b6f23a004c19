"""A CA that speaks ACME by a clock of the test's, so that years pass in minutes; Pebble's clock is the machine's.

What it shares with Pebble, paths and problems and what it says of renewals, `test_timed_ca` holds. It looks at proofs
by HTTP-01 in a folder and at once, and checks no signature of a request.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwk import JWK

from sophia_infra.tls.issuers.acme.renewal_info import identifier
from tests.support.beside import https_beside
from tests.support.pebble import BLOCKED, IN_CAA, Asked, certified

DAY = timedelta(days=1)
ARI = "draft-ietf-acme-ari-03/renewalInfo"
PATHS = {
    "newNonce": "nonce-plz",
    "newAccount": "sign-me-up",
    "newOrder": "order-plz",
    "revokeCert": "revoke-cert",
    "keyChange": "rollover-account-key",
    "renewalInfo": ARI,
}
Answer = tuple[int, dict[str, str], Any]


class _Problem(Exception):  # noqa: N818  # what ACME calls it
    def __init__(self, status: int, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.document = {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": status}


@dataclass
class _Order:
    account: str
    names: list[str]
    profile: str
    replaces: str
    status: str = "pending"
    tokens: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    """The status of each authorization."""
    pem: str = ""


@dataclass
class TimedCa(Asked):
    """It signs for so many days; `issued` are the moments at which it did. While it `is_down`, it answers 503."""

    days: int
    now: Callable[[], datetime]
    webroot: Path
    trust: Path
    directory: str = ""
    is_down: bool = False
    issued: list[datetime] = field(default_factory=list)
    refused: int = 0
    replacements: int = 0
    _accounts: dict[str, str] = field(default_factory=dict)
    _orders: list[_Order] = field(default_factory=list)
    _by_name: dict[str, _Order] = field(default_factory=dict)
    """Orders by what their certificate is called (RFC 9773 section 4.1)."""
    _revoked: set[str] = field(default_factory=set)
    _nonces: set[str] = field(default_factory=set)
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def _root(self) -> str:
        return self.directory.removesuffix("/dir")

    def revoke(self, certificate_pem: str) -> None:
        """Revoke a certificate by itself, as CAs do after a mistake of theirs."""
        self._revoked.add(identifier(certificate_pem))

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a request."""
        nonce = token_urlsafe(12)
        self._nonces.add(nonce)
        headers = {"Replay-Nonce": nonce, "Content-Type": "application/json"}
        try:
            if self.is_down:
                self.refused += 1
                raise _Problem(503, "serverInternal", "the service is down for maintenance")
            status, more, found = self._get(path) if method != "POST" else self._post(path, json.loads(body))
        except _Problem as problem:
            return problem.status, headers | {"Content-Type": "application/problem+json"}, problem.document
        return status, headers | more, found

    def _get(self, path: str) -> Answer:
        if path == "/dir":
            meta = {"caaIdentities": [IN_CAA], "profiles": {"default": "as ever"}, "externalAccountRequired": False}
            meta["termsOfService"] = "data:text/plain,Do%20what%20thou%20wilt"
            return 200, {}, {**{name: f"{self._root}/{at}" for name, at in PATHS.items()}, "meta": meta}
        if path == "/nonce-plz":
            return 200, {}, None
        return 200, {"Retry-After": "21600"}, self._window(path.removeprefix(f"/{ARI}/"))

    def _window(self, name: str) -> dict[str, Any]:
        if not (order := self._known(name)):
            raise _Problem(404, "malformed", "failed to retrieve existing certificate serial")
        held, ago = x509.load_pem_x509_certificate(order.pem.encode()), self.now() - timedelta(hours=1)
        begins, ends = held.not_valid_before_utc, held.not_valid_after_utc
        ideal = ends - (ends + timedelta(seconds=1) - begins) / 3
        start, end = (max(ideal - DAY, begins), min(ideal + DAY, ends))
        if name in self._revoked:
            start, end = ago, ago + timedelta(seconds=1)
        return {"suggestedWindow": {"start": start.isoformat(), "end": end.isoformat()}}

    def _known(self, name: str) -> _Order | None:
        """Return the order of a certificate by what it is called, None where there is none below this CA's key."""
        if name.partition(".")[0] != _base64(self._authority.key_identifier or b""):
            raise _Problem(400, "malformed", "no known issuer matches the provided Authority Key Identifier")
        return self._by_name.get(name)

    @property
    def _authority(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    def _post(self, path: str, envelope: dict[str, str]) -> Answer:
        protected = json.loads(_octets(envelope["protected"]))
        if protected["nonce"] not in self._nonces:
            raise _Problem(400, "badNonce", "the nonce is not known")
        self._nonces.discard(protected["nonce"])
        asked = json.loads(_octets(envelope["payload"]) or b"null")
        kind, _, number = path.strip("/").partition("/")
        if kind == "sign-me-up":
            return self._account(json.dumps(protected["jwk"], sort_keys=True), asked)
        if kind == "order-plz":
            return self._new(protected["kid"], asked)
        if kind == "revoke-cert":
            return self._revoke(protected["kid"], asked)
        which, _, name = number.partition("/")
        order = self._orders[int(which)]
        if order.account != protected["kid"]:
            raise _Problem(403, "unauthorized", "the account does not own this")
        if kind == "finalize-order":
            self._sign(order, _octets(asked["csr"]))
            return 200, {}, {**self._shown(replace(order, pem="")), "status": "processing"}
        if kind == "certZ":
            return 200, {"Content-Type": "application/pem-certificate-chain"}, order.pem
        if kind == "chalZ" and asked is not None:
            self._look(order, int(name))
        if kind in ("authZ", "chalZ"):
            shown = self._authorization(order, int(name))
            return 200, {}, shown if kind == "authZ" else shown["challenges"][0]
        return 200, {}, self._shown(order)

    def _account(self, key: str, asked: dict[str, Any]) -> Answer:
        known = key in self._accounts.values()
        if not known and asked.get("onlyReturnExisting"):
            raise _Problem(400, "accountDoesNotExist", "there is no account of this key")
        url = next((url for url, held in self._accounts.items() if held == key), "")
        url = url or f"{self._root}/my-account/{len(self._accounts)}"
        self._accounts[url] = key
        return 200 if known else 201, {"Location": url}, {"status": "valid"}

    def _new(self, account: str, asked: dict[str, Any]) -> Answer:
        names = [each["value"] for each in asked["identifiers"]]
        if (profile := asked.get("profile", "default")) != "default":
            raise _Problem(400, "invalidProfile", f"Order includes unrecognized profile name {profile!r}")
        if BLOCKED in names:
            raise _Problem(400, "rejectedIdentifier", f"Order included an identifier that is blocked: {BLOCKED!r}")
        if replaces := asked.get("replaces", ""):
            self._refuse_replacing(account, names, self._known(replaces))
            self.replacements += 1
        order = _Order(account, names, profile, replaces, shown=["pending"] * len(names))
        order.tokens = [token_urlsafe(24) for _ in names]
        self._orders.append(order)
        return 201, {"Location": f"{self._root}/my-order/{len(self._orders) - 1}"}, self._shown(order)

    def _refuse_replacing(self, account: str, names: list[str], before: _Order | None) -> None:
        if before is None:
            raise _Problem(500, "serverInternal", "could not find an order for the given certificate")
        if any(order.replaces and self._by_name.get(order.replaces) is before for order in self._orders if order.pem):
            raise _Problem(409, "alreadyReplaced", "the certificate already has a replacement order")
        if before.account != account:
            raise _Problem(403, "unauthorized", "requester account did not request the certificate being replaced")
        if not {*before.names} & {*names}:
            raise _Problem(500, "serverInternal", "at least one identifier must match")

    def _look(self, order: _Order, at: int) -> None:
        """Look at a proof where it is to stand."""
        token = order.tokens[at]
        key: Any = JWK.from_json(json.loads(self._accounts[order.account]))
        file = self.webroot / ".well-known" / "acme-challenge" / token
        is_shown = file.exists() and file.read_text() == f"{token}.{_base64(key.thumbprint())}"
        order.shown[at] = "valid" if is_shown else "invalid"
        if "invalid" in order.shown:
            order.status = "invalid"
        elif "pending" not in order.shown:
            order.status = "ready"

    def _sign(self, order: _Order, der: bytes) -> None:
        if order.status != "ready":
            raise _Problem(403, "orderNotReady", f'Order\'s status ({order.status!r}) was not "ready"')
        request, begins = x509.load_der_x509_csr(der), self.now().replace(microsecond=0)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Timed CA")])
        signed = (
            x509.CertificateBuilder(name, request.subject, request.public_key(), x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + self.days * DAY - timedelta(seconds=1))
            .add_extension(self._authority, critical=False)
            .add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, order.names))), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        order.pem, order.status = signed.public_bytes(serialization.Encoding.PEM).decode(), "valid"
        self._by_name[identifier(order.pem)] = order
        self.issued.append(begins)

    def _revoke(self, account: str, asked: dict[str, Any]) -> Answer:
        held = x509.load_der_x509_certificate(_octets(asked["certificate"]))
        name = identifier(held.public_bytes(serialization.Encoding.PEM).decode())
        if self._by_name[name].account != account:
            raise _Problem(403, "unauthorized", "the certificate is another account's")
        if name in self._revoked:
            raise _Problem(400, "alreadyRevoked", "the certificate has already been revoked")
        self._revoked.add(name)
        return 200, {}, None

    def _shown(self, order: _Order) -> dict[str, Any]:
        number = next(at for at, each in enumerate(self._orders) if each.tokens == order.tokens)
        found = {
            "status": order.status,
            "expires": (self.now() + DAY).isoformat(),
            "identifiers": [{"type": "dns", "value": name} for name in order.names],
            "profile": order.profile,
            "authorizations": [f"{self._root}/authZ/{number}/{at}" for at in range(len(order.names))],
            "finalize": f"{self._root}/finalize-order/{number}",
        }
        found |= {"replaces": order.replaces} if order.replaces else {}
        return found | ({"certificate": f"{self._root}/certZ/{number}"} if order.pem else {})

    def _authorization(self, order: _Order, at: int) -> dict[str, Any]:
        status = order.shown[at]
        challenge = {
            "type": "http-01",
            "url": f"{self._root}/chalZ/{self._orders.index(order)}/{at}",
            "token": order.tokens[at],
            "status": status,
        }
        if status == "invalid":
            error = _Problem(403, "unauthorized", "Non-200 status code from HTTP: 404")
            challenge = {**challenge, "error": error.document}  # type: ignore[dict-item]  # a problem in place of text
        return {
            "status": status,
            "identifier": {"type": "dns", "value": order.names[at]},
            "challenges": [challenge],
            "expires": (self.now() + DAY).isoformat(),
        }


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@contextmanager
def running(folder: Path, days: int, now: Callable[[], datetime]) -> Iterator[TimedCa]:
    """Run one for the time of a block; it looks at proofs in the folder `webroot` beside its own."""
    (webroot := folder.parent / "webroot").mkdir(parents=True, exist_ok=True)
    files = certified(folder)
    ca = TimedCa(days, now, webroot, folder / "ca" / "root.pem")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, found = ca.answer(self.command, self.path, body)
            text = b"" if found is None else found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text if self.command != "HEAD" else b"")

        do_GET = do_HEAD = do_POST = respond  # noqa: N815  # named by http.server

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with https_beside(Handler, Path(files["certificate"]), Path(files["privateKey"])) as port:
        ca.directory = f"https://127.0.0.1:{port}/dir"
        yield ca

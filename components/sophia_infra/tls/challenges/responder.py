"""HTTP-01 (RFC 8555 section 8.3) and TLS-ALPN-01 (RFC 8737) by a server of our own, there while proofs are shown.

It ends with its process, so a killed run leaves nothing.
"""

import errno
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from typing import Any

from sophia_infra.retries import again
from sophia_infra.tls.challenge_settings import ChallengeKind, ChallengeSettings
from sophia_infra.tls.challenges import Proof
from sophia_infra.tls.challenges.proof_certificate import PROTOCOL, context, server_name
from sophia_infra.tls.issuers import IssuerError

PATH = "/.well-known/acme-challenge/"
TIMEOUT = 10.0
"""Seconds for one connection, of which there may be any number: the port is open to the world."""
WAIT = 180.0
"""Seconds to wait for another order of this process that shows the same name."""
_TRIES, _BETWEEN = 5, 0.5
_CHANGED = threading.Condition()
_RUNNING: "dict[ChallengeSettings, _Server]" = {}
"""The servers of this process: orders on several threads share a port. Guarded by `_CHANGED`."""
_WAYS_OUT = {
    errno.EADDRINUSE: "have the server that holds it pass these requests on to another port, and listen there",
    errno.EACCES: "listen on a port above 1023, and have a server or a firewall pass these requests on to it",
}


@dataclass(frozen=True, slots=True)
class Responder:
    """What answers at `settings.listen`. It is there from the first proof to the last."""

    settings: ChallengeSettings
    wait: float = WAIT

    def present(self, proofs: Sequence[Proof]) -> None:
        """Answer with proofs; a name that another order is shown by at this moment is waited for."""
        if not proofs:
            return
        with _CHANGED:
            if not _CHANGED.wait_for(lambda: self._is_free(proofs), self.wait):
                told = f"{proofs[0].domain} has been shown by another order for {self.wait:g} s; run again"
                raise IssuerError(told, code="challenge", subject=proofs[0].domain, limit=self.wait)
            if self.settings not in _RUNNING:
                _RUNNING[self.settings] = self._started()
            server = _RUNNING[self.settings]
            server.proofs = {**server.proofs, **{self._key(proof): proof for proof in proofs}}

    def remove(self, proofs: Sequence[Proof]) -> None:
        """Answer with them no more, and close the port with the last one."""
        with _CHANGED:
            if server := _RUNNING.get(self.settings):
                server.proofs = {key: proof for key, proof in server.proofs.items() if proof not in proofs}
                if not server.proofs:
                    del _RUNNING[self.settings]
                    server.shutdown()
                    server.server_close()
                _CHANGED.notify_all()

    def _key(self, proof: Proof) -> str:
        """Return what a CA asks for: in a TLS handshake that is the name alone."""
        return PATH + proof.token if self.settings.kind is ChallengeKind.HTTP_01 else server_name(proof.domain)

    def _is_free(self, proofs: Sequence[Proof]) -> bool:
        shown = _RUNNING[self.settings].proofs if self.settings in _RUNNING else {}
        return all(shown.get(self._key(proof), proof) == proof for proof in proofs)

    def _started(self) -> "_Server":
        """Return a server; a port that another process's order holds is tried again for some seconds."""
        handler = _Http if self.settings.kind is ChallengeKind.HTTP_01 else _Handshake
        try:
            server = again(_is_held, lambda: _Server(self.settings.address, handler), attempts=_TRIES, pause=_BETWEEN)
        except OSError as error:
            listen, field = self.settings.listen, "challenge.listen"
            way_out = _WAYS_OUT.get(error.errno or 0, "give an address of this machine")
            told = f"{field} {listen} can't be listened on: {error.strerror or error}; {way_out}"
            raise IssuerError(told, code="challenge", field=field, subject=listen) from None
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server


def _is_held(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EADDRINUSE


class _Server(ThreadingMixIn, TCPServer):
    """A listening server; `proofs` are by what a CA asks for, and replaced as a whole."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: Callable[[Any, Any, Any], BaseRequestHandler]) -> None:
        super().__init__(address, handler, bind_and_activate=False)
        self.socket.close()
        is_six = ":" in address[0] or (not address[0] and socket.has_dualstack_ipv6())
        family = socket.AF_INET6 if is_six else socket.AF_INET
        both = is_six and address[0] in ("", "::") and socket.has_dualstack_ipv6()
        self.socket = socket.create_server(address, family=family, backlog=64, dualstack_ipv6=both)
        self.proofs: dict[str, Proof] = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a connection that ends badly: anybody may open one."""


class _Http(BaseHTTPRequestHandler):
    server: _Server
    timeout = TIMEOUT
    server_version, sys_version = "sophia-infra", ""

    def do_GET(self) -> None:
        """Answer with the proof of a token."""
        proof = self.server.proofs.get(self.path)
        content = proof.content.encode() if proof else b"no such proof\n"
        self.send_response(200 if proof else 404)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the standard library calls it
        """Say nothing."""


class _Handshake(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Shake hands with the certificate of a name, and end."""
        self.request.settimeout(TIMEOUT)
        first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        first.set_alpn_protocols([PROTOCOL])
        first.sni_callback = self._choose
        first.wrap_socket(self.request, server_side=True).close()

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        proof = self.server.proofs.get((name or "").lower())
        if proof is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = context(proof)
        return None

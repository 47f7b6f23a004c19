"""What a certificate's `check` takes: alone, and with fifty endpoints that each take their time to answer."""

import os
import ssl
import threading
import time
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from socket import create_server, socket
from unittest.mock import patch

from bench.figures import Compare, Figure
from bench.timing import in_turn
from sophia_infra.tls import keys
from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.endpoints import looked
from sophia_infra.tls.issuers import Order
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import KeyType

PLACES, USUAL, SLOWEST = 50, 0.2, 0.4
"""How many endpoints there are, and after how many seconds one answers, the slowest apart."""
MILLISECONDS, TIMES = 10, 1.5
_NAMES = ("shop.example",)


def figures(folder: Path, _size: int, rounds: int) -> list[Figure]:
    """Check an up-to-date certificate: without endpoints, and with all beside the slowest alone."""
    context, inputs = _certificate(folder)
    places = [_serve(context, SLOWEST if number == 0 else USUAL) for number in range(PLACES)]
    with patch.dict(os.environ, {"SOPHIA_HOME": str(folder / "home"), "SOPHIA_RUN": ""}):
        bare = in_turn(partial(_check, inputs, []), lambda: None, 10 * rounds)
        look = in_turn(partial(_check, inputs, places), partial(_check, inputs, places[:1]), rounds)
    walls = [tuple(seconds * 1000 for seconds in side.wall) for side in (*bare, *look)]
    return [
        Figure("check of a certificate", "ms", walls[0], walls[1], Compare.EXTRA, MILLISECONDS),
        Figure(f"check with {PLACES} endpoints, beside the slowest", "ms", walls[2], walls[3], Compare.RATIO, TIMES),
    ]


def _check(inputs: dict[str, object], places: list[str]) -> None:
    looked.cache_clear()
    asked = {**inputs, "endpoints": places}
    result = CertificateProvider().check(asked, asked)
    if result.failures or result.inputs["advice"]["findings"]:
        raise RuntimeError(f"the check finds what is not there: {result.inputs['advice']}")


def _certificate(folder: Path) -> tuple[ssl.SSLContext, dict[str, object]]:
    """Issue a certificate; return what a server serves it with, and its inputs."""
    key = keys.generate(KeyType.ECDSA_P256)
    csr_pem = keys.signing_request(key, _NAMES)
    issued = EmbeddedCa.at(str(folder / "ca")).issue(Order("bench", 1, "", csr_pem, _NAMES, timedelta(days=90)))
    pair = folder / "pair.pem"
    pair.write_text(keys.private_pem(key) + issued.certificate_pem + issued.chain_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    asked = {"label": "bench", "domains": list(_NAMES), "issuer": {"folder": str(folder / "ca")}}
    return context, {**asked, "csr_pem": csr_pem, "generation": 1}


def _serve(context: ssl.SSLContext, seconds: float) -> str:
    """Serve the certificate for the rest of the process, each time after a while; return where."""
    listening = create_server(("127.0.0.1", 0))
    threading.Thread(target=_answer, args=(listening, context, seconds), daemon=True).start()
    return f"127.0.0.1:{listening.getsockname()[1]}#shop.example"


def _answer(listening: socket, context: ssl.SSLContext, seconds: float) -> None:
    while True:
        connection, _ = listening.accept()
        time.sleep(seconds)
        with suppress(OSError), context.wrap_socket(connection, server_side=True):
            pass

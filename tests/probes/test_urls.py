"""A URL is held to the status that is given before it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from sophia_infra.probes.measured import Phase
from sophia_infra.probes.urls import answers
from tests.probes.servers import http_server


def answer(request: BaseHTTPRequestHandler) -> None:
    request.send_response({"/": 200, "/status": 200, "/up?x=1": 204}.get(request.path, 503))
    request.end_headers()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http_server(answer) as port:
        yield port


@pytest.mark.parametrize(
    ("check", "phase"),
    [
        ("http://127.0.0.1:{port}", Phase.SUCCESSFUL),
        ("204=http://127.0.0.1:{port}/up?x=1", Phase.SUCCESSFUL),
        ("http://127.0.0.1:{port}/up?x=1", Phase.FAILED),
        ("http://127.0.0.1:{port}/status", Phase.SUCCESSFUL),
        ("https://127.0.0.1:{port}/status", Phase.FAILED),
        ("http://127.0.0.1:{port}/broken", Phase.FAILED),
        ("http://127.0.0.1:99999/", Phase.INCONCLUSIVE),
        ("curl http://127.0.0.1:{port}/", None),
    ],
)
def test_a_url_is_held_to_its_status_and_what_is_none_is_not_asked(port: int, check: str, phase: Phase | None) -> None:
    found = answers(check.format(port=port))
    assert (found and found.phase) is phase

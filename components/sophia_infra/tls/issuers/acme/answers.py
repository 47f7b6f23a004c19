"""Whole answers of an ACME CA, bounded in size and time: `requests` bounds neither."""

from typing import Any

from requests import PreparedRequest, RequestException, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ReadTimeout

from sophia_infra.retries import within

LARGEST, SECONDS, _PIECE = 2**20, 30.0, 2**10
"""How many octets an answer has at most, and how many seconds pass at most until it is there whole."""


def bound(session: Session) -> Session:
    """Bound what a session is answered; what is beyond the limits raises RequestException, which is an OSError."""
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Whole())
    return session


class _Whole(HTTPAdapter):
    def send(self, request: PreparedRequest, *given: Any, **options: Any) -> Response:
        """Return the answer to a request once all of it is read."""
        try:
            return within(SECONDS, lambda: self._read(request, *given, **options))
        except TimeoutError:
            raise ReadTimeout(f"no whole answer within {SECONDS:g} s", request=request) from None

    def _read(self, request: PreparedRequest, *given: Any, **options: Any) -> Response:
        answer, read = super().send(request, *given, **options), bytearray()
        for octets in answer.iter_content(_PIECE):
            read += octets
            if len(read) > LARGEST:
                answer.close()
                raise RequestException(f"an answer of more than {LARGEST} octets", request=request)
        answer._content = bytes(read)  # where `requests` keeps what was read
        return answer

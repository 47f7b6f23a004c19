"""Requests that carry a secret: by https or to this machine, to nobody else, and bounded in time and size."""

from collections.abc import Mapping

from sophia_infra.retries import within
from sophia_infra.values import is_safe

MOST_OCTETS = 2**20
_TO_CONNECT = 10.0


def asked(method: str, url: str, headers: Mapping[str, str], body: bytes | None, seconds: float) -> tuple[int, bytes]:
    """Send one request, and return the status and the octets that are answered. It is sent once.

    Args:
        method: such as `POST`.
        url: whom it is sent to; no redirect is followed.
        headers: what goes with it, the secret among them.
        body: JSON that is sent, None for nothing.
        seconds: how long the answer may take as a whole.

    Raises:
        OSError: there is no answer. The message says why, to follow a server's name, and shows no secret.
    """
    import requests  # few runs ask anybody

    if not is_safe(url):
        raise OSError("must be asked by https, since it is sent secrets")

    if body is not None:
        headers = {**headers, "Content-Type": "application/json"}

    def ask() -> tuple[int, bytes]:
        answer = b""
        with requests.request(
            method, url, headers=headers, data=body, timeout=(_TO_CONNECT, seconds), allow_redirects=False, stream=True,
            auth=lambda request: request,  # or else what ~/.netrc has for the host takes the place of the token
            proxies={"http": ""},  # http is for this machine alone: no proxy is to see it
        ) as got:  # fmt: skip
            for octets in got.iter_content(2**12):
                answer += octets
                if len(answer) > MOST_OCTETS:
                    raise OSError(f"answers more than {MOST_OCTETS:,} octets")
            return got.status_code, answer

    try:
        return within(seconds, ask)
    except TimeoutError:
        raise OSError(f"takes more than {seconds:.0f} s") from None
    except requests.RequestException as error:
        raise OSError(f"can't be asked: {type(error).__name__}") from None

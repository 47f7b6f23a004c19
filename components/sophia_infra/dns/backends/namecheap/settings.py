"""The settings of a Namecheap backend."""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sophia_infra.credentials import Credentials
from sophia_infra.dns.backends.base import BackendError
from sophia_infra.dns.backends.budget import Budget, Window
from sophia_infra.dns.backends.endpoint import safe_endpoint
from sophia_infra.dns.backends.namecheap.api import Api
from sophia_infra.dns.reader.names import zone_origin
from sophia_infra.dns.reader.problems import Refused

PRODUCTION = "https://api.namecheap.com/xml.response"
SANDBOX = "https://api.sandbox.namecheap.com/xml.response"
QUOTA = (20, 700, 8000)
"""Requests that Namecheap allows an account in a minute, an hour and a day."""

_PERIODS = (60, 3600, 86400)
_NAMES = ("username", "api_user", "client_ip", "sandbox", "endpoint", "timeout", "quota")
_TIMEOUT = 30.0
_LONGEST_TIMEOUT = 600


def api_from(settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Api:
    """Return the API of a domain as the settings describe it; the key is looked up when it is first used.

    Raises:
        BackendError: a setting is not known, is missing, or has a value that is not allowed.
    """
    unknown = settings.keys() - set(_NAMES)
    if unknown:
        raise BackendError(
            f"backend.{min(unknown)} is no setting of Namecheap; known are {', '.join(_NAMES)}",
            field=f"backend.{min(unknown)}",
        )
    username = _text(settings, "username")
    user = _text(settings, "api_user", username)
    endpoint = _endpoint(settings)
    account = f"Namecheap account {user} at {urlsplit(endpoint).netloc}"
    return Api(
        domain=_canonical(domain),
        username=username,
        api_user=user,
        client_ip=_address(_text(settings, "client_ip")),
        endpoint=endpoint,
        timeout=_seconds(settings.get("timeout", _TIMEOUT)),
        budget=Budget(account, _windows(settings.get("quota", QUOTA))),
        key=lambda: credentials.get("namecheapApiKey", "NAMECHEAP_API_KEY"),
    )


def _canonical(domain: str) -> str:
    try:
        return zone_origin(domain).rstrip(".")
    except Refused as refusal:
        raise BackendError(
            f"domain is {domain!r}: {refusal}; give the registered domain, such as shop.example"
        ) from None


def _text(settings: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = settings.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise BackendError(
            f"backend.{name} is {value!r}; give Namecheap's {name.replace('_', ' ')} as a text", field=f"backend.{name}"
        )
    return value


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise BackendError(
            f"backend.client_ip is {text!r}; give this machine's public IPv4 address", field="backend.client_ip"
        ) from None


def _endpoint(settings: Mapping[str, Any]) -> str:
    sandbox = settings.get("sandbox", False)
    if not isinstance(sandbox, bool):
        raise BackendError(f"backend.sandbox is {sandbox!r}; give true or false", field="backend.sandbox")
    return safe_endpoint(settings.get("endpoint", SANDBOX if sandbox else PRODUCTION))


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_TIMEOUT:
        raise BackendError(
            f"backend.timeout is {value!r}; give seconds, above 0 and at most {_LONGEST_TIMEOUT}",
            field="backend.timeout",
        )
    return float(value)


def _windows(value: Any) -> tuple[Window, ...]:
    counts = list(value) if isinstance(value, list | tuple) else []
    if len(counts) != len(_PERIODS) or not all(_is_count(one) for one in counts):
        raise BackendError(
            f"backend.quota is {value!r}; give requests in a minute, an hour and a day: {list(QUOTA)}",
            field="backend.quota",
        )
    return tuple(Window(int(count), period) for count, period in zip(counts, _PERIODS, strict=True))


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 1 and value == int(value)

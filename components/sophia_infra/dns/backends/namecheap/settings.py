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
from sophia_infra.values import ABOVE_ZERO, Value, is_number

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
    given = Value("backend", settings, BackendError).members(_NAMES, "setting of Namecheap")
    username = _text(given, "username")
    user = _text(given, "api_user", username)
    endpoint = safe_endpoint(settings.get("endpoint", SANDBOX if given.get("sandbox", False).flag() else PRODUCTION))
    seconds = f"give seconds, above 0 and at most {_LONGEST_TIMEOUT}"
    account = f"Namecheap account {user} at {urlsplit(endpoint).netloc}"
    return Api(
        domain=_canonical(domain),
        username=username,
        api_user=user,
        client_ip=_address(given),
        endpoint=endpoint,
        timeout=given.get("timeout", _TIMEOUT).number(ABOVE_ZERO, _LONGEST_TIMEOUT, seconds),
        budget=Budget(account, _windows(given.get("quota", QUOTA))),
        key=lambda: credentials.get("namecheapApiKey", "NAMECHEAP_API_KEY"),
    )


def _canonical(domain: str) -> str:
    try:
        return zone_origin(domain).rstrip(".")
    except Refused as refusal:
        raise BackendError(
            f"domain is {domain!r}: {refusal}; give the registered domain, such as shop.example"
        ) from None


def _text(given: Value, name: str, default: str | None = None) -> str:
    return given.get(name, default).text(f"give Namecheap's {name.replace('_', ' ')} as a text", fits=str.strip)


def _address(given: Value) -> str:
    try:
        return str(ipaddress.IPv4Address(_text(given, "client_ip")))
    except ValueError:
        raise given.get("client_ip").wrong("give this machine's public IPv4 address") from None


def _windows(quota: Value) -> tuple[Window, ...]:
    way_out = f"give requests in a minute, an hour and a day: {list(QUOTA)}"
    counts = [count.value for count in quota.items(way_out)]
    if len(counts) != len(_PERIODS) or not all(is_number(count) and count >= 1 and count % 1 == 0 for count in counts):
        raise quota.wrong(way_out)
    return tuple(Window(int(count), period) for count, period in zip(counts, _PERIODS, strict=True))

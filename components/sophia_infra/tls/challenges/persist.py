"""What a record of dns-persist-01 says: draft-ietf-acme-dns-persist-01, in the form of RFC 8659 section 4.2. Pure."""

import re
from datetime import datetime

from sophia_infra.dns.rr.txt import tags
from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.names import normalize
from sophia_infra.values import shown

_VALUE = re.compile(r"[!-:<-~]+")


def content(issuer: object, account: str, *, wildcard: bool) -> str:
    """Return what lets an account order at an issuer, whose name comes from the CA; `wildcard` is for all below too.

    Raises:
        IssuerError: the CA gave no name, or an account that can't stand in such a record.
    """
    try:
        name = normalize(issuer) if isinstance(issuer, str) else ""
    except ValueError:
        name = ""
    if not name or not _VALUE.fullmatch(account):
        told = f"the CA names itself {shown(issuer)} and the account {shown(account)}; no record may say so"
        raise IssuerError(told, code="acme-answer", subject=str(name))
    return f"{name}; accounturi={account}{'; policy=wildcard' if wildcard else ''}"


def is_same(text: str, wanted: str) -> bool:
    """Whether two records are about one account at one issuer."""
    return _read(text)[:2] == _read(wanted)[:2]


def suffices(text: str, wanted: str, now: datetime) -> bool:
    """Whether a record allows what another one asks for, and still does."""
    rest, asked = _read(text)[2], _read(wanted)[2]
    until = rest.get("persistuntil", "")
    holds = not until or (until.isdigit() and int(until) > now.timestamp())
    return is_same(text, wanted) and holds and asked.items() <= rest.items()


def _read(text: str) -> tuple[str, str, dict[str, str]]:
    issuer, _, parameters = text.partition(";")
    found = {name.lower(): value for name, value in tags(parameters)}
    found |= {"policy": found["policy"].lower()} if "policy" in found else {}
    return issuer.strip().lower(), found.pop("accounturi", ""), found

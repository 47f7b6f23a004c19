"""The record of dns-persist-01 that an order asks for, and whether one that stands is as good. Pure."""

import re
from datetime import datetime

from sophia_infra.dns.renewals.persist import Allowance
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
    return str(Allowance(name, account, wildcard))


def is_same(text: str, wanted: str) -> bool:
    """Whether two records are about one account at one issuer."""
    return Allowance.read(text)[:2] == Allowance.read(wanted)[:2]


def suffices(text: str, wanted: str, now: datetime) -> bool:
    """Whether a record allows what another one asks for, and still does."""
    found, asked = Allowance.read(text), Allowance.read(wanted)
    holds = not found.until or (found.until.isdigit() and int(found.until) > now.timestamp())
    return is_same(text, wanted) and holds and found.wildcard >= asked.wildcard

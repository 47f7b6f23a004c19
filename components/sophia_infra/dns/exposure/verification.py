"""DKIM, DMARC and MTA-STS: whether mail of a name is still verified, and what becomes of what is not."""

from collections.abc import Callable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.dkim import exposure as dkim
from sophia_infra.dns.dmarc import exposure as dmarc
from sophia_infra.dns.dmarc.record import policy_of
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.mta_sts.record import is_policy
from sophia_infra.dns.rr.rtype import ALIASES
from sophia_infra.dns.rr.txt import texts

_UNVERIFIED = "mail of this name can no longer be verified"
_CHANGED = "how mail of this name is verified"
_READERS: dict[str, Callable[[str], object]] = {"_dmarc": policy_of, "_mta-sts": is_policy}


def policies(change: SetChange, graph: Graph) -> Weight | None:
    """What receivers read of a name, behind an alias as well, as mail hosts publish it."""
    kind = _kind(change.owner)
    if change.type not in ("TXT", *ALIASES) or not kind:
        return None
    if change.operation == "delete" or (change.old and change.type in ALIASES):
        return (Exposure.MEDIUM, _CHANGED) if _is_found(change.owner, graph) else (Exposure.HIGH, _UNVERIFIED)
    if change.operation == "create" and kind != "_dmarc":
        return None
    old, new = texts(change.old), texts(change.new)
    grave = dkim.broken(old, new) if kind == "_domainkey" else _policy(kind, old, new)
    if change.type == "TXT" and grave and not (not old and _takes_no_mail(change.owner, graph)):
        return Exposure.HIGH, grave
    return Exposure.MEDIUM, _CHANGED


def _kind(owner: str) -> str:
    labels = owner.split(".")
    if labels[0] in _READERS:
        return labels[0]
    return "_domainkey" if "_domainkey" in labels else ""


def _takes_no_mail(owner: str, graph: Graph) -> bool:
    """Whether the name has a null MX: it takes no mail and sends none, so all that claims to be its may be refused."""
    domain = owner.partition(".")[2] or "@"
    return graph.has(domain, "MX") and not graph.receives_mail(domain)


def _is_found(owner: str, graph: Graph) -> bool:
    """Whether a text stands there, or may where an alias or a delegation leads."""
    return graph.exists(owner) and graph.looked_up(owner, "TXT") != ()


def _policy(kind: str, old: list[str], new: list[str]) -> str:
    # Of more than one policy, receivers take none (RFC 7489 section 6.6.3, RFC 8461 section 3.1).
    before, after = (sum(map(bool, map(_READERS[kind], texts))) for texts in (old, new))
    if before == 1 and after != 1:
        return _UNVERIFIED
    return dmarc.broken(old, new) if kind == "_dmarc" else ""

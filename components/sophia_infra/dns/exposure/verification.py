"""DKIM, DMARC and MTA-STS: whether mail of a name is still verified, and what becomes of what is not."""

from collections.abc import Iterable

from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.dns.exposure.graph import Graph
from sophia_infra.dns.exposure.sets import SetChange
from sophia_infra.dns.rr.rtype import ALIASES
from sophia_infra.dns.rr.txt import tags, texts

_UNVERIFIED = "mail of this name can no longer be verified"
_CHANGED = "how mail of this name is verified"
_VERSION = {"_dmarc": "DMARC1", "_mta-sts": "STSv1"}
_STRICT = "reject"
_ACTIONS = {"none", "quarantine", _STRICT}


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
    grave = _keys(old, new) if kind == "_domainkey" else _policy(kind, old, new)
    if change.type == "TXT" and grave and not (not old and _takes_no_mail(change.owner, graph)):
        return Exposure.HIGH, grave
    return Exposure.MEDIUM, _CHANGED


def _kind(owner: str) -> str:
    labels = owner.split(".")
    if labels[0] in _VERSION:
        return labels[0]
    return "_domainkey" if "_domainkey" in labels else ""


def _takes_no_mail(owner: str, graph: Graph) -> bool:
    """Whether the name has a null MX: it takes no mail and sends none, so all that claims to be its may be refused."""
    domain = owner.partition(".")[2] or "@"
    return graph.has(domain, "MX") and not graph.receives_mail(domain)


def _is_found(owner: str, graph: Graph) -> bool:
    """Whether a text stands there, or may where an alias or a delegation leads."""
    return graph.exists(owner) and graph.looked_up(owner, "TXT") != ()


def _keys(old: list[str], new: list[str]) -> str:
    """DKIM (RFC 6376 section 3.6.1): an empty `p` says that the key is revoked."""
    before, after = _tag("p", old) - {""}, _tag("p", new) - {""}
    if before and not after:
        return "the key is revoked, and mail signed with it fails (DKIM)"
    return "mail signed with the old key fails (DKIM)" if before and not before & after else ""


def _policy(kind: str, old: list[str], new: list[str]) -> str:
    before, after = _read(kind, old), _read(kind, new)
    if old and len(before) == 1 and len(after) != 1:
        return _UNVERIFIED
    if kind == "_dmarc" and _refuses(after) and not any(value in _demands(before) for value in ("quarantine", _STRICT)):
        return "mail that fails DMARC is refused at once; ask for reports first, then quarantine"
    if kind == "_dmarc" and [one["p"].lower() for one in after] == ["none"] and _enforces(before):
        return "mail that fails DMARC is delivered again"
    return ""


def _enforces(policies: list[dict[str, str]]) -> bool:
    return any(one["p"].lower() != "none" for one in policies)


def _read(kind: str, found: Iterable[str]) -> list[dict[str, str]]:
    """The policies that receivers recognise as such; of more than one, they take none (RFC 7489 section 6.6.3)."""
    policies = [one for one in map(_by_name, found) if one.get("v") == _VERSION[kind]]
    return [one for one in policies if kind != "_dmarc" or _asks(one)]


def _asks(policy: dict[str, str]) -> bool:
    """Whether a DMARC record says what to do with mail; of one that doesn't, receivers take at most its reports."""
    return policy.get("p", "").lower() in _ACTIONS and policy.get("sp", "none").lower() in _ACTIONS


def _refuses(policies: list[dict[str, str]]) -> bool:
    """Whether all mail that fails is refused, not a share of it, and not as a test."""
    whole = all(one.get("pct", "100") == "100" and one.get("t") != "y" for one in policies)
    return whole and _STRICT in _demands(policies)


def _demands(policies: list[dict[str, str]]) -> set[str]:
    return {one[name].lower() for one in policies for name in ("p", "sp") if name in one}


def _tag(name: str, found: Iterable[str]) -> set[str]:
    return {"".join(read[name].split()) for read in map(_by_name, found) if name in read}


def _by_name(text: str) -> dict[str, str]:
    return {name.lower(): value for name, value in tags(text)}

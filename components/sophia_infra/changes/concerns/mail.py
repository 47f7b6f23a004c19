"""MX, SPF, DKIM, DMARC and MTA-STS: whether mail arrives, and whether the domain's own is believed."""

from sophia_infra.changes.graph import Graph
from sophia_infra.changes.model import Exposure, Weight
from sophia_infra.changes.sets import SetChange

_SPF = "v=spf1"
_POLICIES = ("_dmarc", "_domainkey", "_mta-sts")


def exchangers(change: SetChange, graph: Graph) -> Weight | None:
    """MX: where mail goes."""
    if change.type != "MX":
        return None
    apex = change.owner == "@"
    if change.operation == "create":
        return (Exposure.MEDIUM, "mail for the domain begins to be delivered there") if apex else None
    if change.operation == "delete":
        return (Exposure.CRITICAL if apex else Exposure.MEDIUM), f"mail for {_whom(apex)} has nowhere to go"
    if any(value.endswith(" .") for value in change.new):
        return Exposure.CRITICAL if apex else Exposure.HIGH, "a null MX refuses all mail (RFC 7505)"
    if graph.is_dead_end(change):
        why = f"mail for {_whom(apex)} has nowhere to go: no exchanger has an address"
        return Exposure.CRITICAL if apex else Exposure.MEDIUM, why
    return (Exposure.HIGH, "mail for the domain is delivered elsewhere") if apex else None


def _whom(apex: bool) -> str:
    return "the domain" if apex else "this name"


def sender_policy(change: SetChange, graph: Graph) -> Weight | None:
    """SPF (RFC 7208): who may send mail in a name."""
    if change.type != "TXT" or not _holds(change.old, _SPF):
        return None
    if _holds(change.new, _SPF):
        same = _spf(change.old) == _spf(change.new)
        return None if same else (Exposure.MEDIUM, "who may send mail in this name (SPF)")
    if change.owner != "@":
        return Exposure.MEDIUM, "receivers can no longer tell this name's own mail (SPF)"
    exposed = Exposure.CRITICAL if graph.has("@", "MX") else Exposure.HIGH
    return exposed, "receivers can no longer tell the domain's own mail (SPF)"


def policies(change: SetChange, _: Graph) -> Weight | None:
    """DKIM, DMARC and MTA-STS: how mail is verified; behind an alias as well, as mail hosts publish them."""
    labels = change.owner.split(".")
    if change.type not in ("TXT", "CNAME") or not any(label in labels for label in _POLICIES):
        return None
    if change.operation == "delete":
        return Exposure.HIGH, "mail of this name can no longer be verified"
    if change.operation == "create" and labels[0] != "_dmarc":
        return None
    return Exposure.MEDIUM, "how mail of this name is verified"


def _holds(values: dict[str, int], tag: str) -> bool:
    return bool(_tagged(values, tag))


def _spf(values: dict[str, int]) -> set[str]:
    return _tagged(values, _SPF)


def _tagged(values: dict[str, int], tag: str) -> set[str]:
    return {value for value in values if value.lstrip('"').lower().startswith(tag)}

"""Mail: who handles it, who may send it, and what receivers do with what may not."""

from collections.abc import Callable

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import AddRecords, Operation, SetRecords
from sophia_infra.agent.understanding.intent import Build, MissingError, Wish
from sophia_infra.agent.understanding.values import named
from sophia_infra.dns.rr import txt

_POLICIES = ("quarantine", "reject")


def _rewritten(wish: Wish, owner: str, what: str, rewrite: Callable[[str], str]) -> tuple[Operation, ...]:
    """Return what rewrites the one TXT record at an owner that begins with `v=` and what it is; others there stay."""
    zone = wish.only("zone")
    found = policies(wish.inventory, zone, owner, f"v={what}")
    if len(found) != 1:
        raise MissingError(f"{zone} has not one {what.upper()} record, so none is rewritten")
    return with_text(wish.inventory, zone, owner, found[0], rewrite(found[0]))


def policies(stack: Inventory, zone: str, owner: str, begins: str) -> list[str]:
    """Return the texts of the TXT records at an owner that begin so, such as `v=spf1`."""
    texts = (txt.decode(value) for rrset in stack.of(zone, owner, "TXT") for value in rrset.values)
    return [text for text in texts if text.lower().startswith(begins)]


def with_text(stack: Inventory, zone: str, owner: str, old: str, new: str) -> tuple[Operation, ...]:
    """Return what puts a TXT record in the place of another; where that is empty, beside the others that are there."""
    value = txt.strings(new.encode())
    for rrset in stack.of(zone, owner, "TXT"):
        values = tuple(value if old and txt.decode(each) == old else each for each in rrset.values)
        return (SetRecords(zone, owner, "TXT", values if old else (*values, value), rrset.ttl),)
    return (AddRecords(zone, owner, "TXT", (value,)),)


def _spf(wish: Wish) -> tuple[Operation, ...]:
    sender = next(iter(named(wish)), "") or wish.lacks("whose SPF record to include, such as _spf.google.com")

    return _rewritten(wish, "@", "spf1", lambda text: with_sender(text, sender))


def with_sender(text: str, sender: str) -> str:
    """Return an SPF record that includes a sender's, last before `all`."""
    terms = [term for term in text.split() if term.lower() != f"include:{sender}"]
    at = next((at for at, each in enumerate(terms) if each.lower().lstrip("+-~?") == "all"), len(terms))
    return " ".join((*terms[:at], f"include:{sender}", *terms[at:]))


def _dmarc(wish: Wish) -> tuple[Operation, ...]:
    wanted = [policy for policy in _POLICIES if wish.says(policy)]
    policy = wanted[0] if len(wanted) == 1 else wish.lacks("the policy: quarantine or reject")

    return _rewritten(wish, "_dmarc", "dmarc1", lambda text: with_policy(text, policy))


def with_policy(text: str, policy: str) -> str:
    """Return a DMARC record with another policy, all else of it as it is."""
    tags = [tag.strip() for tag in text.split(";") if tag.strip()]
    return "; ".join(f"p={policy}" if tag.partition("=")[0].strip().lower() == "p" else tag for tag in tags)


BUILDS: dict[str, Build] = {
    "mail.spf": _spf,
    "mail.dmarc": _dmarc,
    "mail.none": lambda wish: (SetRecords(wish.only("zone"), "@", "MX", ("0 .",)),),
}

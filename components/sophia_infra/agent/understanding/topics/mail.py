"""Mail: who handles it, who may send it, and what receivers do with what may not."""

from collections.abc import Callable

from sophia_infra.agent.inventory import Inventory
from sophia_infra.agent.operations import AddRecords, Operation, SetRecords
from sophia_infra.agent.understanding.intent import Build, MissingError, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of
from sophia_infra.agent.understanding.values import named
from sophia_infra.dns.dmarc.record import with_policy
from sophia_infra.dns.mail_policies import DMARC, SPF, MailPolicy
from sophia_infra.dns.rr import txt
from sophia_infra.dns.spf.record import with_sender

_POLICIES = ("quarantine", "reject")


def _rewritten(wish: Wish, of: MailPolicy, rewrite: Callable[[str], str]) -> tuple[Operation, ...]:
    """Return what rewrites the one record of a policy; other texts at its owner stay."""
    zone = wish.only("zone")
    found = policies(wish.inventory, zone, of)
    if len(found) != 1:
        raise MissingError(f"{zone} has not one {of.name} record, so none is rewritten")
    return with_text(wish.inventory, zone, of.owner, found[0], rewrite(found[0]))


def policies(stack: Inventory, zone: str, of: MailPolicy) -> list[str]:
    """Return the texts of a zone that receivers take for a policy; of more than one, they apply none."""
    return of.among(value for rrset in stack.of(zone, of.owner, "TXT") for value in rrset.values)


def with_text(stack: Inventory, zone: str, owner: str, old: str, new: str) -> tuple[Operation, ...]:
    """Return what puts a TXT record in the place of another; where that is empty, beside the others that are there."""
    value = txt.strings(new.encode())
    for rrset in stack.of(zone, owner, "TXT"):
        values = tuple(value if old and txt.decode(each) == old else each for each in rrset.values)
        return (SetRecords(zone, owner, "TXT", values if old else (*values, value), rrset.ttl),)
    return (AddRecords(zone, owner, "TXT", (value,)),)


def _spf(wish: Wish) -> tuple[Operation, ...]:
    sender = next(iter(named(wish)), "") or wish.lacks("whose SPF record to include, such as _spf.google.com")

    return _rewritten(wish, SPF, lambda text: with_sender(text, sender))


def _dmarc(wish: Wish) -> tuple[Operation, ...]:
    wanted = [policy for policy in _POLICIES if wish.says(policy)]
    policy = wanted[0] if len(wanted) == 1 else wish.lacks("the policy: quarantine or reject")

    return _rewritten(wish, DMARC, lambda text: with_policy(text, policy))


BUILDS: dict[str, Build] = {
    "mail.move": lambda wish: None if wish.targets or wish.every(Of.PROVIDER) else wish.lacks("where mail goes to"),
    "mail.spf": _spf,
    "mail.dmarc": _dmarc,
    "mail.none": lambda wish: (SetRecords(wish.only("zone"), "@", "MX", ("0 .",)),),
}

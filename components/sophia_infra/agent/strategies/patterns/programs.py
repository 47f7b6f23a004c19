"""What the program declares: pools, certificates, secrets. What only code can do is described, and not applied."""

from collections.abc import Iterator

from sophia_infra.agent.operations import Operations
from sophia_infra.agent.strategies.model import Stage
from sophia_infra.agent.strategies.ways import AT_ONCE, Pattern, Way
from sophia_infra.agent.understanding.intent import Wish

_POOL = 'in the program, pools of the zone {zone}: {{"name": "{owner}", "targets": [[{here}], [THOSE ELSEWHERE]]}}'
_RANK = "in the program, add a rank of targets in another place to the pool {name}"
_CERTIFICATE = 'in the program: SelfHealingCert("{label}", {{"domains": ["{name}"], "zone": ...}})'
BY_HAND = "by hand"


def _survive(wish: Wish, _: Operations) -> Iterator[Way]:
    """A name that survives the loss of a data centre: its targets in ranks, each in another place."""
    for host in wish.hosts():
        sets = wish.inventory.of(host.zone, host.owner)
        here = ", ".join(f'"{value}"' for each in sets if each.rtype in ("A", "AAAA") for value in each.values)
        patch = _POOL.format(zone=host.zone, owner=host.owner, here=here)
        ready = _RANK.format(name=host.text) if host.text in wish.inventory.pools else patch
        notes = ("a TTL of at most a minute lets visitors follow a switch soon",)
        yield Way(BY_HAND, (), notes, (ready, f"whether {here or 'its targets'} stand in one place: yours to say"))


def _certificate(wish: Wish, _: Operations) -> Iterator[Way]:
    """A certificate before its name: the CA is allowed first, then the program asks for it, then the name serves."""
    for host in wish.hosts():
        label = host.owner.replace("*", "wildcard").replace(".", "-").strip("@") or "apex"
        patch = _CERTIFICATE.format(label=label, name=host.text)
        caa = [value for each in wish.inventory.of(host.zone, "@", "CAA") for value in each.values]
        used = {f'0 issue "{ca}"' for every in wish.inventory.cas.values() for ca in every}
        missing = sorted(used.difference(caa)) if caa else []
        allow = tuple(f"CAA of {host.zone} has to have {ca} as well" for ca in missing)
        notes = (f"point {host.text} at its server once the certificate is there",) if not host.stands else ()
        yield Way(BY_HAND, (), notes, (*allow, patch))


def _rotate(wish: Wish, operations: Operations) -> Iterator[Way]:
    notes = ("both values serve until consumers have the new one (docs/secrets.md)",)
    yield Way(AT_ONCE, (Stage("begin the next rotation", operations),), notes)


# fmt: off
# a table: a row is one pattern
PATTERNS = (
    Pattern("survive a data centre", "pools.survive", "a pool of ranked targets, described for the program", _survive),
    Pattern("certificate before name", "certificates.request", "the certificate and its CAA, described", _certificate),
    Pattern("rotate a credential", "secrets.rotate", "the next rotation, whose overlap the secret keeps", _rotate),
)
# fmt: on

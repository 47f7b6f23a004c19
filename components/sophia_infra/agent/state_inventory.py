"""A stack's state, as the names that stand in it; what is secret there is not read."""

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import Any

from sophia_infra.agent.inventory import Inventory, gathered
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.dns.rr.record import from_text, merged
from sophia_infra.dns.rr.rrset import RRset, full_name, rrsets
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_run import OURS
from sophia_infra.tls.spec import CAA_ISSUERS


def inventory_of(
    resources: Iterable[Resource], environments: Collection[str] = (), settings: Collection[str] = ()
) -> Inventory:
    """Return what stands in a stack.

    Args:
        resources: those of its state, as `importers.state_files.pulumi` reads them.
        environments: the names of the environments in files.
        settings: the full keys of its plain settings.
    """
    of = gathered((each.kind.removeprefix(OURS), each) for each in resources)
    certificates = of.get("Certificate", ())
    zones = [each for each in of.get("ZoneRecords", ()) if isinstance(each.inputs.get("domain"), str)]
    parts = gathered((each.inputs["domain"], _sets(each.inputs)) for each in zones)
    return Inventory(
        zones={domain: tuple(chain(*sets)) for domain, sets in parts.items()},  # several resources may share a zone
        pools=dict(pool for each in zones for pool in _pools(each.inputs)),
        certificates={each.name: _texts(each.inputs.get("domains")) for each in certificates},
        cas={each.name: _texts(each.inputs.get(CAA_ISSUERS)) for each in certificates},
        secrets=tuple(each.name for each in of.get("SecretLifecycle", ())),
        environments=tuple(environments),
        settings=tuple(settings),
    )


def _texts(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()


def _sets(inputs: Mapping[str, object]) -> tuple[RRset, ...]:
    """Return the record sets of a zone; values that are secret are left out, and a zone that is secret has none."""
    state = ZoneState.from_inputs(inputs)
    if not isinstance(state.text, str):
        return ()
    return rrsets(state.domain, from_text(merged(state.text, state.late.public.records(state.domain))))


def _pools(inputs: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    given = inputs.get("pools")
    for pool in given if isinstance(given, list) else ():
        if isinstance(pool, Mapping) and isinstance(pool.get("name"), str):
            targets = [target for group in pool.get("targets") or () for target in _texts(group)]
            yield full_name(inputs["domain"], pool["name"]), tuple(targets)

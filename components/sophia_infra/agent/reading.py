"""A stack's state, as the names that stand in it; what is secret there is not read."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sophia_infra.agent.inventory import Inventory, RRset, full_name
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.dns.rr.record import Record, from_text, merged
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
    of: dict[str, list[Resource]] = {}
    for each in resources:
        of.setdefault(each.kind.removeprefix(OURS), []).append(each)
    certificates = of.get("Certificate", ())
    zones = [each for each in of.get("ZoneRecords", ()) if isinstance(each.inputs.get("domain"), str)]
    return Inventory(
        zones=_zones(zones),
        pools=dict(pool for each in zones for pool in _pools(each.inputs)),
        certificates={each.name: _texts(each.inputs.get("domains")) for each in certificates},
        cas={each.name: _texts(each.inputs.get(CAA_ISSUERS)) for each in certificates},
        secrets=tuple(each.name for each in of.get("SecretLifecycle", ())),
        environments=tuple(environments),
        settings=tuple(settings),
    )


def _zones(resources: Iterable[Resource]) -> dict[str, tuple[RRset, ...]]:
    """Return the zones by their domain; several resources may each have a part of one."""
    found: dict[str, tuple[RRset, ...]] = {}
    for each in resources:
        domain = each.inputs["domain"]
        found[domain] = (*found.get(domain, ()), *_sets(each.inputs))
    return found


def _texts(given: object) -> tuple[str, ...]:
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()


def _sets(inputs: Mapping[str, object]) -> tuple[RRset, ...]:
    """Return the record sets of a zone; values that are secret are left out, and a zone that is secret has none."""
    state = ZoneState.from_inputs(inputs)
    if not isinstance(state.text, str):
        return ()
    return sets_of(from_text(merged(state.text, state.late.public.records(state.domain))))


def sets_of(records: Iterable[Record]) -> tuple[RRset, ...]:
    """Return records as their sets."""
    found: dict[tuple[str, str], RRset] = {}
    for record in records:
        key = record.owner, record.type
        before = found[key].values if key in found else ()
        found[key] = RRset(record.owner, record.type, (*before, record.rdata), record.ttl)
    return tuple(found.values())


def _pools(inputs: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    given = inputs.get("pools")
    for pool in given if isinstance(given, list) else ():
        if isinstance(pool, Mapping) and isinstance(pool.get("name"), str):
            targets = [target for group in pool.get("targets") or () for target in _texts(group)]
            yield full_name(inputs["domain"], pool["name"]), tuple(targets)

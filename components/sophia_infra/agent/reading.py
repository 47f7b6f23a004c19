"""A stack's state, as the names that stand in it, and what zones were; what is secret there is not read."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from sophia_infra.agent.inventory import Inventory, RRset, full_name, gathered
from sophia_infra.dns.importers.state_files import Resource
from sophia_infra.dns.rr.record import Record, from_text, merged
from sophia_infra.dns.state import ZoneState
from sophia_infra.engine_run import OURS
from sophia_infra.home import project_folder
from sophia_infra.tls.spec import CAA_ISSUERS

_STAMP = "%Y%m%dT%H%M%SZ"


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
    return sets_of(state.domain, from_text(merged(state.text, state.late.public.records(state.domain))))


def sets_of(zone: str, records: Iterable[Record]) -> tuple[RRset, ...]:
    """Return records of a zone as their sets."""
    found = gathered(((record.owner, record.type), record) for record in records)
    return tuple(RRset(zone, *key, tuple(each.rdata for each in every), every[-1].ttl) for key, every in found.items())


def sets_on(zone: str, day: str) -> tuple[RRset, ...]:
    """Return the sets of the newest copy of a zone that was kept until the end of a day in UTC, such as 2026-11-01.

    `sophia dns backup` and removals keep copies beside the journal. Nothing where there is none; ZoneTextError where it
    can't be read.
    """
    from sophia_infra.dns.backends.backup import FOLDER  # few wishes ask for it
    from sophia_infra.dns.files import read_file

    end = f"{datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1):{_STAMP}}"
    named = ((path, path.stem.rsplit("-", 2)) for path in (project_folder() / FOLDER).glob("*.zone"))
    kept = {words[1]: path for path, words in named if words[0] == zone and words[1] < end}
    return sets_of(zone, read_file(kept[max(kept)], zone).sound()) if kept else ()


def _pools(inputs: Mapping[str, Any]) -> Iterable[tuple[str, tuple[str, ...]]]:
    given = inputs.get("pools")
    for pool in given if isinstance(given, list) else ():
        if isinstance(pool, Mapping) and isinstance(pool.get("name"), str):
            targets = [target for group in pool.get("targets") or () for target in _texts(group)]
            yield full_name(inputs["domain"], pool["name"]), tuple(targets)

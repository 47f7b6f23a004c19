"""Outputs among a program's arguments: values of records, and targets of pools, that other resources produce."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from sophia_infra.dns.arguments import ArgumentError
from sophia_infra.dns.late_values import LateSet, LateValues
from sophia_infra.dns.pools.pool import Pool, PoolError, known_targets, read_pools
from sophia_infra.dns.program.inputs import header_of, labelled, records_of, typed_records
from sophia_infra.dns.rr.record import Record
from sophia_infra.values import is_list


def split(given: Any, domain: str, ttl: int) -> tuple[list[Record], dict[str, pulumi.Output[list[str]]]]:
    """Return the records that are known now, and the values of those that are not, by late key."""
    if isinstance(given, str | Path):
        return records_of(given, domain, ttl), {}
    if isinstance(given, pulumi.Output):
        raise ArgumentError(
            "records is an output as a whole; give a list, with outputs in its values only", field="records"
        )
    static: list[tuple[str, Any]] = []
    late: dict[str, list[pulumi.Output[list[str]]]] = {}
    for label, entry in labelled(given or ()):
        values = {field: entry[field] for field in ("values", "value") if field in entry}
        if is_late(values):
            header = header_of(entry, domain, ttl, label=label)
            late.setdefault(str(LateSet(*header)), []).append(_values(values))
        else:
            static.append((label, entry))
    return typed_records(static, domain, ttl), {key: _flat(values) for key, values in late.items()}


def _values(given: Mapping[str, Any]) -> pulumi.Output[list[str]]:
    return pulumi.Output.from_input(given["values"] if "values" in given else [given["value"]]).apply(list)


def _flat(values: Sequence[pulumi.Output[list[str]]]) -> pulumi.Output[list[str]]:
    return pulumi.Output.all(*values).apply(lambda lists: [value for values in lists for value in values])


def secret_subjects(late: Mapping[str, pulumi.Output[list[str]]]) -> pulumi.Output[list[str]]:
    """Return the record sets whose values are secret."""
    subjects = LateValues(late).subjects
    marks: list[pulumi.Output[bool]] = [pulumi.Output.from_input(values.is_secret()) for values in late.values()]
    return pulumi.Output.all(*marks).apply(
        lambda secret: [subject for subject, mark in zip(subjects, secret, strict=True) if mark]
    )


def is_late(value: Any) -> bool:
    """Whether an output stands anywhere in a value."""
    if isinstance(value, pulumi.Output):
        return True
    if isinstance(value, Mapping):
        return any(map(is_late, value.values()))
    return isinstance(value, list | tuple) and any(map(is_late, value))


def pools_of(given: Any, domain: str) -> tuple[list[Pool], list[dict[str, Any]]]:
    """Return a program's pools, with None for each target that is an output, and the input with those outputs in it.

    Raises PoolError and ZoneTextError as `read_pools`.
    """
    pools = read_pools([known_targets(pool, is_late) for pool in given] if is_list(given) else given, domain)
    return pools, [_as_input(pool, described["targets"]) for pool, described in zip(pools, given, strict=True)]


def _as_input(pool: Pool, given: Any) -> dict[str, Any]:
    targets = [
        [_public(original, pool.name) if target is None else target for target, original in zip(*groups, strict=True)]
        for groups in zip(pool.targets, given, strict=True)
    ]
    return {**pool.as_input(), "targets": targets}


def _public(target: pulumi.Output[Any], name: str) -> pulumi.Output[Any]:
    """A target is published, journaled and shown, so a secret one is refused."""
    secret: pulumi.Output[bool] = pulumi.Output.from_input(target.is_secret())
    return pulumi.Output.all(target, secret).apply(lambda found: _refused(name) if found[1] else found[0])


def _refused(name: str) -> None:
    raise PoolError(f"a target of pool {name!r} is secret, but would be published; give pulumi.Output.unsecret(...)")

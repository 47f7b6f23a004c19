"""Outputs among a program's arguments: values of records, and targets of pools, that other resources produce."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pulumi

from sophia_infra.dns.arguments import ArgumentError
from sophia_infra.dns.late_values import LateSet, LateValues, Unusable
from sophia_infra.dns.pools.pool import Pool, PoolError, known_targets, read_pools
from sophia_infra.dns.program.inputs import VALUES, header_of, labelled, program_records, typed_records, values_field
from sophia_infra.dns.rr.record import Record
from sophia_infra.values import Value, is_list


def split(given: Any, domain: str, ttl: int) -> tuple[list[Record], dict[str, pulumi.Output[Any]]]:
    """Return the records that are known now, and the values of those that are not, by late key.

    Raises:
        ArgumentError: an output stands elsewhere than in the values of a record.
        ZoneTextError: a record can't be read.
    """
    if isinstance(given, str | Path):
        return program_records(given, domain, ttl), {}
    if isinstance(given, pulumi.Output):
        raise ArgumentError(
            "records is an output as a whole; give a list, with outputs in its values only", field="records"
        )
    if not (given is None or isinstance(given, Mapping) or is_list(given)):
        told = "give a list or a mapping of records, a master file's text, or its path"
        raise Value("records", given, ArgumentError).wrong(told)
    static: list[tuple[str, Any]] = []
    late: dict[str, list[pulumi.Output[Any]]] = {}
    for label, entry in labelled(given or ()):
        refuse_outputs(label, entry, but=VALUES)
        values = {field: entry[field] for field in VALUES if field in entry} if isinstance(entry, Mapping) else {}
        if is_late(values):
            header = header_of(entry, domain, ttl, label=label)
            field = values_field(values, label)
            late.setdefault(str(LateSet(*header)), []).append(_late(f"{label}.{field}", values[field], field))
        else:
            static.append((label, entry))
    return typed_records(static, domain, ttl), {key: _joined(values) for key, values in late.items()}


def _late(path: str, given: Any, field: str) -> pulumi.Output[Any]:
    """The values once they are known; what is no list of texts becomes a word of that, which `check` refuses."""
    single = field == "value"

    def shaped(value: Any) -> Any:
        wrong = Unusable.of(path, value, single=single)
        return wrong._asdict() if wrong else [value] if single else list(value)

    return pulumi.Output.from_input(given).apply(shaped)


def _joined(parts: Sequence[pulumi.Output[Any]]) -> pulumi.Output[Any]:
    def joined(found: Sequence[Any]) -> Any:
        wrong = next((values for values in found if isinstance(values, Mapping)), None)
        return wrong or [value for values in found for value in values]

    return pulumi.Output.all(*parts).apply(joined)


def secret_subjects(late: Mapping[str, pulumi.Output[Any]]) -> pulumi.Output[list[str]]:
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


def refuse_outputs(path: str, value: Any, *, but: Collection[str] = ()) -> None:
    """Refuse an output anywhere in a value, but in some members of it.

    Raises:
        ArgumentError: there is one; the message names its path.
    """
    if isinstance(value, pulumi.Output):
        raise ArgumentError(f"{path} holds an output; it must be known at preview, so give a plain value", field=path)
    if isinstance(value, Mapping):
        for key, member in value.items():
            if key not in but:
                refuse_outputs(f"{path}.{key}", member)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            refuse_outputs(f"{path}[{index}]", item)


def pools_of(given: Any, domain: str) -> tuple[list[Pool], list[dict[str, Any]]]:
    """Return a program's pools, with None for each target that is an output, and the input with those outputs in it.

    Raises:
        ArgumentError: an output stands elsewhere than for one target.
        PoolError, ZoneTextError: as `read_pools`.
    """
    _refuse_outputs_beside_targets(given)
    pools = read_pools([known_targets(pool, is_late) for pool in given] if is_list(given) else given, domain)
    return pools, [_as_input(pool, described["targets"]) for pool, described in zip(pools, given, strict=True)]


def _refuse_outputs_beside_targets(given: Any) -> None:
    if not is_list(given):
        refuse_outputs("pools", given)
        return
    for index, pool in enumerate(given):
        refuse_outputs(f"pools[{index}]", pool, but=("targets",))
        groups: Any = pool.get("targets") if isinstance(pool, Mapping) else ()
        if not is_list(groups):
            refuse_outputs(f"pools[{index}].targets", groups)
            continue
        for rank, group in enumerate(groups):
            path = f"pools[{index}].targets[{rank}]"
            whole = [target for target in group if not isinstance(target, pulumi.Output)] if is_list(group) else group
            refuse_outputs(path, whole)


def _as_input(pool: Pool, given: Any) -> dict[str, Any]:
    targets = [
        [_public(original, pool.name) if target is None else target for target, original in zip(*groups, strict=True)]
        for groups in zip(pool.targets, given, strict=True)
    ]
    return {**pool.as_input(), "targets": targets}


def _public(target: pulumi.Output[Any], name: str) -> pulumi.Output[Any]:
    """A target is published, journaled and shown, so a secret one is refused."""
    secret: pulumi.Output[bool] = pulumi.Output.from_input(target.is_secret())
    return pulumi.Output.all(target, secret).apply(lambda found: _shown(name, *found))


def _shown(name: str, target: Any, secret: bool) -> Any:
    if secret:
        raise PoolError(
            f"a target of pool {name!r} is secret, but would be published; give pulumi.Output.unsecret(...)",
            field="pools",
            subject=name,
        )
    if target is None:  # which stands for one that is not known yet
        told = f"a target of pool {name!r} came as nothing (None); give an address or a host name"
        raise PoolError(told, field="pools", subject=name)
    return target

"""From a program's pools to the `pools` input: all in it is plain, but for targets that other resources produce."""

from collections.abc import Mapping
from typing import Any

import pulumi

from sophia_infra.dns.pools.pool import Pool
from sophia_infra.dns.pools.reading import PoolError, read_pools
from sophia_infra.values import is_list


def pools_of(given: Any, domain: str) -> tuple[list[Pool], list[dict[str, Any]]]:
    """Return a program's pools, with None for each target that is an output, and the input with those outputs in it.

    Raises:
        PoolError: as `read_pools`.
        ZoneTextError: as `read_pools`.
    """
    pools = read_pools([_known(one) for one in given] if is_list(given) else given, domain)
    return pools, [_as_input(pool, one["targets"]) for pool, one in zip(pools, given, strict=True)]


def _known(given: Any) -> Any:
    groups: Any = given.get("targets") if isinstance(given, Mapping) else None
    if not is_list(groups) or not all(map(is_list, groups)):
        return given
    return {**given, "targets": [[None if _is_output(target) else target for target in group] for group in groups]}


def _as_input(pool: Pool, given: Any) -> dict[str, Any]:
    targets = [
        [_public(original, pool.name) if target is None else target for target, original in zip(*groups, strict=True)]
        for groups in zip(pool.targets, given, strict=True)
    ]
    return {**pool.as_input(), "targets": targets}


def _is_output(value: Any) -> bool:
    return isinstance(value, pulumi.Output)


def _public(target: pulumi.Output[Any], name: str) -> pulumi.Output[Any]:
    """A target is published, journaled and shown, so a secret one is refused."""
    secret: pulumi.Output[bool] = pulumi.Output.from_input(target.is_secret())
    return pulumi.Output.all(target, secret).apply(lambda found: _refused(name) if found[1] else found[0])


def _refused(name: str) -> None:
    raise PoolError(f"a target of pool {name!r} is secret, but would be published; give pulumi.Output.unsecret(...)")

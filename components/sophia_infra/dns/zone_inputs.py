"""The inputs of a zone's resource, as the engine hands them to its provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pulumi.output import Unknown
from pulumi.runtime import rpc

from sophia_infra import clock
from sophia_infra.changes import Limits, overrides
from sophia_infra.changes.overrides import Override
from sophia_infra.dns.desired import subjects_of
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.pools.pool import Pool
from sophia_infra.dns.pools.reading import read_pools
from sophia_infra.dns.reader import zone_name
from sophia_infra.settings import Settings, limits_from

INPUTS = (
    "stack",
    "label",
    "home",
    "domain",
    "text",
    "late",
    "late_secret",
    "protect",
    "issuers",
    "relied_on",
    "manage",
    "ignore",
    "limits",
    "overrides",
    "name_servers",
    "backend",
    "pools",
    "health",
    "staged",
    "stages",
    "edits",
    "changes",
    "advice",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The inputs of a zone as the program gives them. `text` is None, and a late value too, while it is unknown.

    `named` holds those that a claim to the zone is made of, as they came.
    """

    named: Mapping[str, Any]
    domain: str
    text: str | None
    late: Mapping[str, Any]
    late_secret: tuple[str, ...]
    protect: tuple[str, ...]
    issuers: tuple[str, ...]
    relied_on: Mapping[str, str]
    limits: Limits
    overrides: tuple[Override, ...]
    name_servers: tuple[str, ...]
    ownership: Ownership
    pools: tuple[Pool, ...]
    staged: tuple[str, ...]
    kind: str
    settings: Settings

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], settings: Settings) -> Self:
        """Read the inputs; the zone's own limits stand above the stack's.

        Raises:
            SettingError, OwnershipError, OverrideError, PoolError: an argument is not known, or out of range.
        """
        of_stack = [
            one for one in settings.overrides if zone_name(one.zone, "sophia:overrides.zone") == inputs["domain"]
        ]
        return cls(
            named={name: inputs.get(name) for name in ("domain", "stack", "label", "home", "manage", "ignore")},
            domain=inputs["domain"],
            text=inputs["text"],
            late=inputs.get("late") or {},
            late_secret=tuple(inputs.get("late_secret") or ()),
            protect=tuple(inputs.get("protect") or ()),
            issuers=tuple(inputs.get("issuers") or ()),
            relied_on=inputs.get("relied_on") or {},
            limits=limits_from(inputs.get("limits") or {}, "limits", settings.limits),
            overrides=(*overrides.read(inputs.get("overrides") or (), "overrides", clock.now()), *of_stack),
            name_servers=tuple(inputs.get("name_servers") or ()),
            ownership=Ownership.of(inputs),
            pools=tuple(read_pools(inputs.get("pools") or (), inputs["domain"])),
            staged=tuple(inputs.get("staged") or ()),
            kind=str((inputs.get("backend") or {}).get("kind", "file")),
            settings=settings,
        )

    @property
    def pooled(self) -> list[str]:
        """The record sets that pools publish."""
        return [subject for pool in self.pools for subject in pool.subjects]


def known(news: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with None in place of each value that is not known yet."""
    late = {key: None if _is_unknown(values) else values for key, values in (news.get("late") or {}).items()}
    secret = news.get("late_secret")
    return {
        **news,
        "text": None if _is_unknown(news["text"]) else news["text"],
        "late": late,
        "late_secret": subjects_of(late) if _is_unknown(secret) else secret,
        "pools": [_known_pool(pool) for pool in news.get("pools") or ()],
    }


def _known_pool(pool: Mapping[str, Any]) -> dict[str, Any]:
    return {**pool, "targets": [[None if _is_unknown(one) else one for one in group] for group in pool["targets"]]}


def _is_unknown(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return isinstance(value, Unknown) or value == rpc.UNKNOWN

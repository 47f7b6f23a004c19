"""What a program asks of a zone: the inputs of its resource, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from sophia_infra import clock
from sophia_infra.changes import Limits, overrides
from sophia_infra.changes.overrides import Override
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.ownership import Ownership
from sophia_infra.dns.pools.pool import Pool, read_pools
from sophia_infra.dns.renewals.renewal import Renewal
from sophia_infra.settings import Settings, limits_from

HOME, RESOLVE = "home", "resolve"
"""What becomes of ALIAS: as the zone's backend has it, or looked up where that has none."""

APPLIES = "applies"
"""The input that a program sends when it runs to apply, at a level of autonomy that grants edits. `check` keeps it to
itself: a saved plan knows none."""


@dataclass(frozen=True, slots=True)
class ZoneSpec:
    """A zone as the program asks for it; docs/contracts.md lists the inputs.

    Attributes:
        source: canonical text of the records that the program gives as text, its SOA at serial 0; None while unknown.
        late: the record sets whose values other resources produce.
        stack: the project and the stack, `shop/prod`.
        label: what the program calls the zone.
        target: which of the zone's several backends this is; empty for an only one.
        backend: the kind of the backend, `file`.
        alias: `RESOLVE` where the targets of ALIAS are looked up, and their addresses published.
        applies: whether the program runs to apply, and not for a preview.
        limits: the zone's limits above the stack's.
        overrides: the zone's own, and those of the stack that are for it.
    """

    domain: str
    source: str | None
    late: LateValues = field(default_factory=LateValues)
    stack: str | None = None
    label: str | None = None
    target: str | None = None
    backend: str = "file"
    protect: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    relied_on: Mapping[str, str] = field(default_factory=dict)
    renewals: tuple[Renewal, ...] = ()
    limits: Limits = field(default_factory=Limits)
    overrides: tuple[Override, ...] = ()
    name_servers: tuple[str, ...] = ()
    ownership: Ownership = field(default_factory=Ownership)
    pools: tuple[Pool, ...] = ()
    staged: tuple[str, ...] = ()
    alias: str = HOME
    applies: bool = False
    settings: Settings = field(default_factory=Settings)

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], settings: Settings) -> Self:
        """Read the inputs, with None for each value that is not known yet.

        Raises:
            SettingError, OwnershipError, OverrideError, PoolError: an argument is not known, or out of range.
        """
        of_stack = [override for override in settings.overrides if override.zone == inputs["domain"]]
        return cls(
            domain=inputs["domain"],
            source=inputs["text"],
            late=LateValues.from_inputs(inputs),
            stack=inputs.get("stack"),
            label=inputs.get("label"),
            target=inputs.get("home"),
            backend=str((inputs.get("backend") or {}).get("kind", "file")),
            protect=tuple(inputs.get("protect") or ()),
            issuers=tuple(inputs.get("issuers") or ()),
            relied_on=inputs.get("relied_on") or {},
            renewals=Renewal.of_inputs(inputs.get("renewals") or ()),
            limits=limits_from(inputs.get("limits") or {}, "limits", settings.limits),
            overrides=(*overrides.read(inputs.get("overrides") or (), "overrides", clock.now()), *of_stack),
            name_servers=tuple(inputs.get("name_servers") or ()),
            ownership=Ownership.from_inputs(inputs.get("manage"), inputs.get("ignore")),
            pools=tuple(read_pools(pools, inputs["domain"])) if (pools := inputs.get("pools")) else (),
            staged=tuple(inputs.get("staged") or ()),
            alias=inputs.get("alias") or HOME,
            applies=bool(inputs.get(APPLIES)),
            settings=settings,
        )

    @property
    def pooled(self) -> list[str]:
        """The record sets that pools publish."""
        return [subject for pool in self.pools for subject in pool.subjects]

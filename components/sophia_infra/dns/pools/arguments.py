"""What a program may ask of a pool."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi


class PoolCheckArgs(TypedDict):
    """How a target shows that it is healthy."""

    kind: NotRequired[pulumi.Input[str]]
    """`tcp` (default): it takes a connection; `http` or `https`: it answers a GET; `dns`: it answers a query."""

    port: NotRequired[pulumi.Input[int]]
    """The port; default 80 for `http`, 443 for `https`, 53 for `dns`; `tcp` has none."""

    path: NotRequired[pulumi.Input[str]]
    """What `http` and `https` ask for; default `/`."""

    status: NotRequired[pulumi.Input[Sequence[pulumi.Input[int]]]]
    """The HTTP statuses of a healthy target; default 200. Redirects are not followed."""

    body: NotRequired[pulumi.Input[str]]
    """A text that must stand in the first 64 KiB of the HTTP answer."""

    host: NotRequired[pulumi.Input[str]]
    """The name asked for in HTTP and TLS (default: the pool's; of a wildcard the zone's) or by `dns` (the zone's)."""

    timeout: NotRequired[pulumi.Input[float]]
    """Seconds until a probe has failed; default 2, at most 5."""


class PoolArgs(TypedDict):
    """A name that is served from ranked groups of targets."""

    name: pulumi.Input[str]
    """The owner name, as in records."""

    targets: pulumi.Input[Sequence[pulumi.Input[Sequence[pulumi.Input[str]]]]]
    """Groups, best first, of addresses (A and AAAA sets) or of host names (a CNAME to one); outputs are welcome."""

    ttl: NotRequired[pulumi.Input[int]]
    """Seconds that resolvers may keep the set; default 60."""

    check: pulumi.Input[PoolCheckArgs]
    """How a target shows that it is healthy."""

    floor: NotRequired[pulumi.Input[float]]
    """The share of a group that stays published whatever the checks say; default 0.5."""

    fall: NotRequired[pulumi.Input[int]]
    """Probes in a row that a published target must fail to be left out; default 2."""

    rise: NotRequired[pulumi.Input[int]]
    """Probes in a row that it must then pass to come back; default 2."""

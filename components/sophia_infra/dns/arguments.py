"""What a program may say of a zone: the arguments of IntelligentDnsZone, which are what other languages see as well."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from sophia_infra.errors import SophiaError


class ArgumentError(SophiaError):
    """An argument of a zone that can't be used; the message names it and says what would do."""

    code = "argument"


class RecordArgs(TypedDict):
    """One record set."""

    name: pulumi.Input[str]
    """The owner name: `@` for the apex, `www`, `*.dev`, or absolute with a dot at its end."""
    type: pulumi.Input[str]
    """The RR type: `A`, `MX`, `TXT`, any other by its mnemonic, or `TYPEnnn` with RFC 3597 data."""
    values: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The data of each record, as a master file has it. Outputs of other resources are welcome."""
    value: NotRequired[pulumi.Input[str]]
    """The data, where there is one record only."""
    ttl: NotRequired[pulumi.Input[int]]
    """Seconds that resolvers may keep the set; default: the zone's `default_ttl`."""


class LimitsArgs(TypedDict):
    """How much one apply may change, above the stack's limits; docs/limits.md gives the reasons for the defaults."""

    max_deletes: NotRequired[pulumi.Input[int | None]]
    """Record sets that may be deleted at once; default 100."""
    max_delete_share: NotRequired[pulumi.Input[float]]
    """The same as a share of the sets that exist, counted beyond `floor` sets; default 0.25."""
    max_updates: NotRequired[pulumi.Input[int | None]]
    """Record sets whose values may change at once; default: no cap."""
    max_update_share: NotRequired[pulumi.Input[float]]
    """The same as a share of the sets that exist, counted beyond `floor` sets; default 0.5."""
    max_source_shrink: NotRequired[pulumi.Input[float]]
    """The share by which the source may shrink since it was last applied, beyond `floor`; default 0.25."""
    floor: NotRequired[pulumi.Input[int]]
    """So many sets may always be deleted or updated, however small the zone is; default 10."""
    max_exposure: NotRequired[pulumi.Input[str]]
    """The highest exposure that may pass: `none`, `low`, `medium`, `high` or `critical`; default `high`."""


class OverrideArgs(TypedDict):
    """What is accepted of a few names for a while: their exposure, and that protected ones are deleted."""

    names: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Names (`www`) or sets (`@ MX`); a pattern must write out one label at least."""
    until: pulumi.Input[str]
    """The last day (`2026-12-01`, UTC) or a time with an offset (RFC 3339), at most 90 days ahead."""
    why: pulumi.Input[str]
    """The reason, which the journal keeps."""


class CloudflareZoneArgs(TypedDict):
    """What is asked of the zone itself; `{}` makes the zone and leaves the rest as Cloudflare has it."""

    dnssec: NotRequired[pulumi.Input[bool]]
    """True: Cloudflare signs the zone. Default: it is left as it is. False is refused: see docs/cloudflare.md."""
    settings: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[Any]]]]
    """Settings of the zone by Cloudflare's names: `{"ssl": "strict", "always_use_https": "on"}`."""


class ZoneBackendArgs(TypedDict):
    """Where a zone lives."""

    kind: NotRequired[pulumi.Input[str]]
    """The kind of backend: `file` (default) is a master file for BIND, Knot and NSD. docs/backends.md lists all."""
    path: NotRequired[pulumi.Input[str]]
    """The master file, relative to the project; default `zones/db.<domain>`."""
    serial: NotRequired[pulumi.Input[str]]
    """How the SOA's serial grows: `date` (default) or `counter`."""
    server: NotRequired[pulumi.Input[str]]
    """RFC 2136: the name or address of the primary."""
    port: NotRequired[pulumi.Input[int]]
    """RFC 2136: its port; default 53."""
    key_name: NotRequired[pulumi.Input[str]]
    """RFC 2136: the name of the TSIG key; default: nothing is signed."""
    key_algorithm: NotRequired[pulumi.Input[str]]
    """RFC 2136: `hmac-sha256` (default) or `hmac-sha512`."""
    view: NotRequired[pulumi.Input[str]]
    """RFC 2136: tells zones of one name apart that a server shows to different keys."""
    credential: NotRequired[pulumi.Input[str]]
    """Which of several credentials of this kind to use: `inside` for `sophia:tsigSecret-inside`."""
    username: NotRequired[pulumi.Input[str]]
    """Namecheap: the account that holds the domain."""
    api_user: NotRequired[pulumi.Input[str]]
    """Namecheap: the account whose API key is used; default `username`."""
    client_ip: NotRequired[pulumi.Input[str]]
    """Namecheap: the whitelisted public IPv4 address that requests come from."""
    sandbox: NotRequired[pulumi.Input[bool]]
    """Namecheap: whether to use its sandbox; default no."""
    quota: NotRequired[pulumi.Input[Sequence[pulumi.Input[int]]]]
    """Namecheap: requests allowed in a minute, an hour and a day; default `[20, 700, 8000]`."""
    endpoint: NotRequired[pulumi.Input[str]]
    """The address of a provider's API, where it is not the usual one."""
    timeout: NotRequired[pulumi.Input[float]]
    """Seconds to wait for an answer."""
    account_id: NotRequired[pulumi.Input[str]]
    """Cloudflare: the account that holds the zone, where several hold one of its name."""
    zone_id: NotRequired[pulumi.Input[str]]
    """Cloudflare: the zone's id; default: it is looked up by name."""
    plan: NotRequired[pulumi.Input[str]]
    """Cloudflare: `free`, `paid` or `enterprise`: size of batches, lowest TTL; default: what the zone says."""
    proxied: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Cloudflare: names, or patterns of them, whose addresses and aliases are proxied; what is so already stays."""
    zone: NotRequired[pulumi.Input[CloudflareZoneArgs]]
    """Cloudflare: makes the zone itself a resource of the stack, with DNSSEC and settings."""
    limits: NotRequired[pulumi.Input[LimitsArgs]]
    """Among several backends: what differs from the zone's limits here."""


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


class ZoneArgs(TypedDict):
    """What a zone is asked to be."""

    domain: pulumi.Input[str]
    """The zone's name, such as `shop.example`. It must be known at preview."""
    records: NotRequired[pulumi.Input[Sequence[pulumi.Input[RecordArgs]]]]
    """The record sets. In Python a mapping of owner name to set, or a master file's text or path, does as well."""
    zone_text: NotRequired[pulumi.Input[str]]
    """Records as a master file's text (RFC 1035), beside or in place of `records`."""
    zone_file: NotRequired[pulumi.Input[str]]
    """The path of a master file to read records from, beside or in place of `records`."""
    default_ttl: NotRequired[pulumi.Input[int]]
    """Seconds for records that name no TTL; default 3600."""
    name_servers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """The zone's name servers, where the records hold no NS at the apex; default: those of the live zone."""
    protect: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names (`@`, `www`) or sets (`@ MX`) that must never be deleted."""
    issuers: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """CAs that issue for names of the zone, by their domains in CAA records (`letsencrypt.org`); docs/advice.md."""
    manage: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """What of the zone is this stack's: `["all"]` (default), `["created"]` (what it wrote), or patterns of names."""
    ignore: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Records to leave alone: `owner [TYPE [value]]`, each a shell pattern, `**` for any owner."""
    alias: NotRequired[pulumi.Input[str]]
    """Where the zone's backend has no ALIAS: `home` (default) refuses them, `resolve` publishes what is looked up."""
    limits: NotRequired[pulumi.Input[LimitsArgs]]
    """Limits for one apply, above the stack's."""
    overrides: NotRequired[pulumi.Input[Sequence[pulumi.Input[OverrideArgs]]]]
    """What the limits would stop, accepted for a few names, until some day, and why; docs/limits.md."""
    backend: NotRequired[pulumi.Input[ZoneBackendArgs]]
    """Where the zone lives; default: a master file."""
    backends: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[ZoneBackendArgs]]]]
    """The same zone at several backends, by a label of your own: each is planned, limited and applied by itself."""
    pools: NotRequired[pulumi.Input[Sequence[pulumi.Input[PoolArgs]]]]
    """Names that are served from ranked groups of targets, of which only healthy ones are published."""
    staged: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Names or sets (`www A`) whose new values are published in steps: a low TTL first, then the switch."""

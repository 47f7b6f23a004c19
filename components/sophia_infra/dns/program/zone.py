"""From a program's arguments to a zone's inputs: what is known travels as text, what is not as entries beside it."""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sophia_infra.component import refuse_foreign, refuse_unknown_arguments
from sophia_infra.dns.arguments import ArgumentError, ZoneArgs
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.files import read_file
from sophia_infra.dns.late_values import LateValues
from sophia_infra.dns.ownership import ALL
from sophia_infra.dns.patterns import relative_patterns
from sophia_infra.dns.program.outputs import is_late, pools_of, secret_subjects, split
from sophia_infra.dns.reader import DEFAULT_TTL, read, read_rdata, refuse_unloadable, zone_name
from sophia_infra.dns.reader.syntax import TTL_LIMIT
from sophia_infra.dns.rr.record import Record, collector_paused, to_text
from sophia_infra.dns.serial import with_serial
from sophia_infra.dns.spec import HOME, RESOLVE
from sophia_infra.settings import NO_CAP
from sophia_infra.values import Value, is_list

_ISSUER = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


@collector_paused()
def inputs_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of the zone's resource.

    Raises:
        ArgumentError: an argument is not known, missing, or an output where a plain value is needed.
        PatternError: a pattern names nothing of the zone, or could be read in two ways.
        ZoneTextError: a record can't be read.
    """
    refuse_unknown_arguments(args, ZoneArgs, ArgumentError)
    domain = _plain(args, "domain")
    if not isinstance(domain, str) or not domain.strip("."):
        raise Value("domain", domain, ArgumentError).wrong("give the zone's name, such as 'shop.example'")
    domain = zone_name(domain)
    ttl = _default_ttl(args)
    if args.get("records") == "":
        raise _given(args, "records").wrong("give a list or a mapping of records, a master file's text, or its path")
    static, late = split(args.get("records"), domain, ttl)
    sources = [part for part in (static, *_from_master(args, domain, ttl)) if part]
    static = [record for part in sources for record in part]
    if len(sources) > 1:
        refuse_unloadable(to_text(static), domain)  # each source may be sound, and all together not
    pools, pool_inputs = pools_of(_or(args.get("pools"), ()), domain)
    subjects = {*(record.subject for record in static), *LateValues(late).subjects} if pools else set()
    if twice := [subject for pool in pools for subject in pool.subjects if subject in subjects]:
        told = f"{twice[0]} is both a record and a pool; take it out of one of them"
        raise ArgumentError(told, field="pools", subject=twice[0])
    return {
        "domain": domain,
        "text": with_serial(to_text(static), 0),
        "late": late,
        "late_secret": secret_subjects(late) if late else [],
        "protect": _patterns(args, "protect", domain),
        "issuers": _issuers(args),
        "manage": [ALL] if _plain(args, "manage") is None else _patterns(args, "manage", domain),
        "ignore": _patterns(args, "ignore", domain),
        **({"alias": _alias(args)} if args.get("alias") is not None else {}),
        "limits": _settings(args, "limits"),
        "overrides": _overrides(args),
        "name_servers": [
            read_rdata("NS", server, domain, file="name_servers") for server in _texts(args, "name_servers")
        ],
        "backend": _settings(args, "backend"),
        "pools": pool_inputs,
        "staged": _patterns(args, "staged", domain),
    }


def targets_of(args: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the inputs of each resource that a zone needs: one for each of its backends, by what its name ends in.

    Example: `backends={"inside": {...}, "outside": {...}}` gives `{"-inside": {...}, "-outside": {...}}`. A backend's
    own `limits` stand above the zone's.

    Raises:
        ArgumentError: `backends` is no mapping of settings, or stands beside `backend`, or a backend is what is read.
    """
    given = _settings(args, "backends")
    if not given and args.get("backends") is not None:
        raise _given(args, "backends").wrong("name one backend at least, or leave it out for the zone's own")
    if given and inputs["backend"]:
        raise ArgumentError("backend and backends are both given; give one of them", field="backend")
    targets = {f"-{label}": _target(label, settings, inputs) for label, settings in given.items()}
    targets = targets or {"": {**inputs, "home": ""}}
    for target in targets.values():
        target["limits"] = {name: NO_CAP if value is None else value for name, value in target["limits"].items()}
    locations = Counter(map(_location, targets.values()))
    source = args.get("zone_file")
    if source and os.path.realpath(source) in locations:
        raise Value("zone_file", str(source), ArgumentError).wrong("the backend writes it; read the zone from another")
    if twice := [location for location, count in locations.items() if count > 1]:
        told = f"backends names {twice[0]} twice; give each backend a location of its own"
        raise ArgumentError(told, field="backends", subject=twice[0])
    return targets


def _location(target: Mapping[str, Any]) -> str:
    records = {name: value for name, value in target["backend"].items() if name != "zone"}  # see cloudflare_zone.py
    return open_backend(records, target["domain"]).location


def _target(label: str, settings: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    backend = _members(f"backends.{label}", settings)
    limits = _members(f"backends.{label}.limits", _or(backend.pop("limits", None), {}))
    return {**inputs, "home": label, "backend": backend, "limits": {**inputs["limits"], **limits}}


def _from_master(args: Mapping[str, Any], domain: str, ttl: int) -> Iterator[list[Record]]:
    if (text := _given(args, "zone_text")).value is not None:
        content = text.text("give the text of a master file", fits=lambda _: True)
        yield read(content, domain, file="zone_text", default_ttl=ttl).sound()
    if (path := _given(args, "zone_file")).value is not None:
        if not isinstance(path.value, str | Path) or not str(path.value):
            raise path.wrong("give the path of a master file")
        yield read_file(path.value, domain, default_ttl=ttl).sound()


def _plain(args: Mapping[str, Any], field: str) -> Any:
    value = args.get(field)
    if is_late(value):
        raise ArgumentError(f"{field} holds an output; it must be known at preview, so give a plain value", field=field)
    return value


def _given(args: Mapping[str, Any], field: str) -> Value:
    return Value(field, _plain(args, field), ArgumentError)


def _default_ttl(args: Mapping[str, Any]) -> int:
    given = _plain(args, "default_ttl")
    ttl = DEFAULT_TTL if given is None else given
    return Value("default_ttl", ttl, ArgumentError).whole(0, TTL_LIMIT, f"give whole seconds from 0 to {TTL_LIMIT}")


def _overrides(args: Mapping[str, Any]) -> list[Any]:
    given = _given(args, "overrides")
    refuse_foreign(given.path, given.value, ArgumentError)
    return [] if given.value is None else [override.value for override in given.items("give a list of overrides")]


def _texts(args: Mapping[str, Any], field: str) -> list[str]:
    given = _given(args, field)
    if given.value is None:
        return []
    if not is_list(given.value) or not all(isinstance(text, str) for text in given.value):
        raise given.wrong("give a list of texts")
    return list(given.value)


def _issuers(args: Mapping[str, Any]) -> list[str]:
    issuers = [issuer.strip().lower() for issuer in _texts(args, "issuers")]
    if wrong := [issuer for issuer in issuers if _ISSUER.fullmatch(issuer) is None]:
        told = f"issuers names {wrong[0]!r}; give CAs by their domains in CAA records: 'letsencrypt.org'"
        raise ArgumentError(told, field="issuers", value=wrong[0])
    return sorted(set(issuers))


def _patterns(args: Mapping[str, Any], field: str, domain: str) -> list[str]:
    return relative_patterns(_texts(args, field), domain, field)


def _alias(args: Mapping[str, Any]) -> str:
    return Value("alias", _plain(args, "alias"), ArgumentError).word((HOME, RESOLVE))


def _settings(args: Mapping[str, Any], field: str) -> dict[str, Any]:
    return _members(field, _or(_plain(args, field), {}))


def _or(value: Any, default: Any) -> Any:
    """What is given, though it be empty: what is no list, no mapping or names nothing is refused by who reads it."""
    return default if value is None else value


def _members(path: str, given: Any) -> dict[str, Any]:
    members = Value(path, given, ArgumentError).mapping("give a mapping of its settings")
    refuse_foreign(path, members, ArgumentError)
    return dict(members)

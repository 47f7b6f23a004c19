"""The homes of zones that a stack's configuration describes: settings, credentials, and whether they answer."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sophia_infra import settings
from sophia_infra.credentials import Credentials, Pair
from sophia_infra.dns.backends import KINDS, Backend, credential_of, open_backend, reached_at
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack
from sophia_infra.errors import SophiaError
from sophia_infra.probes.round import Check, Probe, probe_all

_DOMAIN = "shop.example"
"""The zone of a home whose configuration names none: what is looked at is the same for every zone."""
_BESIDE = ("limits", "zone")
"""What stands among a backend's settings and is read elsewhere."""
_SECONDS = 4.0
_NONE = "the configuration describes no home; those of the program are not looked at"


@dataclass(frozen=True, slots=True)
class Home:
    """A backend's settings in the configuration, and the zone they are for; `path` is where they stand."""

    path: str
    settings: Mapping[str, Any]
    domain: str

    def open(self) -> Backend:
        """Open the backend, which touches nothing. Raises SophiaError: a setting is not known or not allowed."""
        kept = {name: value for name, value in self.settings.items() if name not in _BESIDE}
        return open_backend(kept, self.domain)

    def needs(self) -> Pair | None:
        """Return the credential as this home calls it. Raises SophiaError as `open`."""
        pair, name = credential_of(self.open()), self.settings.get("credential")
        called = Credentials().called(name) if name is not None else Credentials()
        return called.called_as(*pair) if pair else None


def described(stack: Stack) -> list[Home]:
    """Return the homes that stand in the configuration; a kind of the user's own is not loaded, and left out."""
    found = []
    for key, value in sorted(stack.values.items()):
        domain = stack.values.get(f"{key.partition(':')[0]}:domain")
        zone = domain if isinstance(domain, str) and domain else _DOMAIN
        found += [Home(path, given, zone) for path, given in _homes(key, value)]
    return found


def _homes(path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            value = json.loads(value)  # as `pulumi config set` keeps an object
        except (ValueError, RecursionError):
            return
    if isinstance(value, list):
        value = {f"[{index}]": item for index, item in enumerate(value)}
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("kind"), str) and value["kind"] in KINDS:
        yield path, value
        return
    for name, member in value.items():
        yield from _homes(f"{path}.{name}", member)


def homes(stack: Stack) -> Result:
    """Return whether each home takes its settings, and a connection from this machine."""
    found, reached = described(stack), {}
    for home in found:
        try:
            if place := reached_at(home.open()):
                reached[f"{home.path} ({place[0]}:{place[1]})"] = place
        except SophiaError as error:
            return Result("homes", Status.PROBLEM, f"{home.path}: {error}", f"mend {error.field or 'it'} there")
    checks = [
        Probe(name, host, Check("tcp", port, host, "", (), "", _SECONDS)) for name, (host, port) in reached.items()
    ]
    answers = probe_all(checks, _SECONDS + 0.5)
    silent = {name: answers.get(name, "no answer in time") for name in reached if answers.get(name, "?")}
    if silent:
        told = "; ".join(f"{name}: {why}" for name, why in silent.items())
        return Result("homes", Status.PROBLEM, told, "check the server, its name and the network")
    return Result("homes", Status.OK, f"reached: {', '.join(reached)}" if reached else _told(found))


def _told(found: list[Home]) -> str:
    return f"nothing to reach: {', '.join(home.path for home in found)}" if found else _NONE


def credentials(stack: Stack) -> Result:
    """Return whether every credential that a home, or the model that advises, reads is there; no value is looked at."""
    there, missing = [], []
    for who, (key, variable) in _needed(stack):
        full = f"{settings.NAMESPACE}:{key}"
        if full in stack.secret or os.environ.get(variable):
            there.append(f"{full if full in stack.secret else variable} of {who}")
        else:
            missing.append((full, variable, who))
    if not missing:
        return Result("credentials", Status.OK, f"there are {', '.join(there)}" if there else "none is needed")
    told = "; ".join(f"{who} reads {full} or {variable}, and neither is there" for full, variable, who in missing)
    way_out = f"pulumi config set --secret {missing[0][0]}, or give {missing[0][1]} in the environment"
    if stack.opens:
        return Result("credentials", Status.WARNING, f"{told}; its ESC environment was not opened", way_out)
    return Result("credentials", Status.PROBLEM, told, way_out)


def _needed(stack: Stack) -> Iterator[tuple[str, Pair]]:
    for home in described(stack):
        try:
            pair = home.needs()
        except SophiaError:  # `homes` tells of it
            continue
        if pair:
            yield home.path, pair
    advisor = f"{settings.NAMESPACE}:advisor"
    if stack.get(advisor) == settings.CLAUDE:
        yield advisor, settings.MODEL_KEY

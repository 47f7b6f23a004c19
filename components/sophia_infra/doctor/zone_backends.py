"""The backends of zones that a stack's configuration describes: their settings, and whether they answer."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sophia_infra.credentials import Credentials, Pair
from sophia_infra.dns.backends import KINDS, Backend, credential_of, open_backend, reached_at
from sophia_infra.doctor.result import Result, Status
from sophia_infra.doctor.stack import Stack
from sophia_infra.errors import SophiaError
from sophia_infra.probes.round import Check, Probe, probe_all

_DOMAIN = "shop.example"
"""The zone of a backend whose configuration names none: what is looked at is the same for every zone."""
_BESIDE = ("limits", "zone")
"""What stands among a backend's settings and is read elsewhere."""
_SECONDS = 4.0
_NONE = "the configuration describes no backend; those of the program are not looked at"


@dataclass(frozen=True, slots=True)
class Described:
    """A backend's settings in the configuration, and the zone they are for; `path` is where they stand."""

    path: str
    settings: Mapping[str, Any]
    domain: str

    def open(self) -> Backend:
        """Open the backend, which touches nothing. Raises SophiaError: a setting is not known or not allowed."""
        kept = {name: value for name, value in self.settings.items() if name not in _BESIDE}
        return open_backend(kept, self.domain)

    def needs(self) -> Pair | None:
        """Return the credential as this backend calls it. Raises SophiaError as `open`."""
        pair, name = credential_of(self.open()), self.settings.get("credential")
        called = Credentials().called(name) if name is not None else Credentials()
        return called.called_as(*pair) if pair else None


def described(stack: Stack) -> list[Described]:
    """Return the backends that stand in the configuration; a kind of the user's own is not loaded, and left out."""
    found = []
    for key, value in sorted(stack.values.items()):
        domain = stack.values.get(f"{key.partition(':')[0]}:domain")
        zone = domain if isinstance(domain, str) and domain else _DOMAIN
        found += [Described(path, given, zone) for path, given in _settings(key, value)]
    return found


def _settings(path: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
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
        yield from _settings(f"{path}.{name}", member)


def zone_backends(stack: Stack) -> Result:
    """Return whether each backend takes its settings, and a connection from this machine."""
    found, reached = described(stack), {}
    for each in found:
        try:
            if place := reached_at(each.open()):
                reached[f"{each.path} ({place[0]}:{place[1]})"] = place
        except SophiaError as error:
            return Result("homes", Status.PROBLEM, f"{each.path}: {error}", f"mend {error.field or 'it'} there")
    checks = [
        Probe(name, host, Check("tcp", port, host, "", (), "", _SECONDS)) for name, (host, port) in reached.items()
    ]
    answers = probe_all(checks, _SECONDS + 0.5)
    silent = {name: answers.get(name, "no answer in time") for name in reached if answers.get(name, "?")}
    if silent:
        told = "; ".join(f"{name}: {why}" for name, why in silent.items())
        return Result("homes", Status.PROBLEM, told, "check the server, its name and the network")
    return Result("homes", Status.OK, f"reached: {', '.join(reached)}" if reached else _told(found))


def _told(found: list[Described]) -> str:
    return f"nothing to reach: {', '.join(each.path for each in found)}" if found else _NONE

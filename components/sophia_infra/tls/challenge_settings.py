"""How the control of a name is shown to an ACME CA, checked and in canonical form. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

from sophia_infra.errors import SophiaError
from sophia_infra.tls.names import address, base, within
from sophia_infra.values import Value


class ChallengeKind(StrEnum):
    """How the control of a name is shown."""

    HTTP_01 = "http-01"
    """A file that a web server of the name serves on port 80 (RFC 8555 section 8.3)."""
    DNS_01 = "dns-01"
    """A TXT record below the name (RFC 8555 section 8.4)."""


LABEL = "_acme-challenge"
"""Below which name a record shows the control of another one."""
MEMBERS = MappingProxyType(
    {ChallengeKind.HTTP_01: ("kind", "webroot"), ChallengeKind.DNS_01: ("kind", "backend")},
)


@dataclass(frozen=True, slots=True)
class ChallengeSettings:
    """How control is shown.

    Attributes:
        webroot: the folder whose files the web server serves at `/`.
        zone: the domain of the zone that records go to.
        homes: the settings of the backends where that zone lives; none holds a secret.
    """

    kind: ChallengeKind
    webroot: str = ""
    zone: str = ""
    homes: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], error: type[SophiaError]) -> Self | None:
        """Read the inputs of a certificate, None where there are none; `error` is raised where one is not allowed."""
        given = Value("challenge", inputs.get("challenge"), error)
        if given.value is None:
            return None
        given.mapping("write it like {'kind': 'http-01', 'webroot': '/srv/www'}")
        kind = ChallengeKind(given.get("kind").word(list(ChallengeKind)))
        given.members(MEMBERS[kind], f"setting of the challenge {kind}")
        if kind is ChallengeKind.HTTP_01:
            way_out = "give the path of the folder that the web server serves at /"
            return cls(kind, webroot=given.get("webroot").text(way_out, fits=bool))
        zone = inputs.get("zone")
        if not isinstance(zone, str) or not zone:
            raise error(f"{kind} writes into a zone; give zone, an IntelligentDnsZone or its domain", field="zone")
        homes = inputs.get("homes") or ()
        if given.get("backend").value is not None:
            homes = (given.get("backend").mapping("give the settings of the zone's backend"),)
        if not homes:
            told = f"{kind} needs the backend of the zone {zone}; give the zone's object as zone, or challenge.backend"
            raise error(told, field="challenge.backend")
        return cls(kind, zone=zone.rstrip(".").lower(), homes=tuple(homes))

    def refusal(self, domains: tuple[str, ...]) -> str:
        """Return why names can't be shown so, empty where all can."""
        if self.kind is ChallengeKind.HTTP_01:
            wildcard = next((name for name in domains if name.startswith("*.")), "")
            return wildcard and f"{wildcard} can't be shown by {self.kind}, which is for single names"
        unfit = next((name for name in domains if address(name) or not within(base(name), self.zone)), "")
        return unfit and f"{unfit} can't be shown by {self.kind} in the zone {self.zone}, since it does not lie there"

    def as_inputs(self) -> dict[str, Any]:
        """Return the settings as `from_inputs` takes them."""
        if self.kind is ChallengeKind.HTTP_01:
            return {"challenge": {"kind": str(self.kind), "webroot": self.webroot}}
        return {"challenge": {"kind": str(self.kind)}, "zone": self.zone, "homes": [dict(home) for home in self.homes]}

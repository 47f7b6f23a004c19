"""How the control of a name is shown to an ACME CA, checked and in canonical form. Pure."""

import re
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
    TLS_ALPN_01 = "tls-alpn-01"
    """A handshake with a server of the name on port 443 (RFC 8737)."""
    DNS_01 = "dns-01"
    """A TXT record below the name (RFC 8555 section 8.4)."""
    DNS_PERSIST_01 = "dns-persist-01"
    """A TXT record below the name that names our account and stays (draft-ietf-acme-dns-persist-01)."""


BY_NAME = (ChallengeKind.HTTP_01, ChallengeKind.TLS_ALPN_01)
"""Those by which a server of each name shows it, and so no wildcard."""
MEMBERS = MappingProxyType(
    {
        ChallengeKind.HTTP_01: ("kind", "webroot", "listen"),
        ChallengeKind.TLS_ALPN_01: ("kind", "listen"),
        ChallengeKind.DNS_01: ("kind", "backend", "zones"),
        ChallengeKind.DNS_PERSIST_01: ("kind", "backend", "zones"),
    },
)
_LISTEN = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]*)):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class ProofZone:
    """A zone that proofs may go to, and the settings of the backends where it lives; none holds a secret."""

    domain: str
    homes: tuple[Mapping[str, Any], ...]

    @classmethod
    def read(cls, given: Value) -> Self:
        """Read a zone of `challenge.zones`; a component hands on `homes`, a person writes `backend`."""
        given.members(("domain", "backend", "homes"), "setting of a zone that proofs go to")
        domain = given.get("domain").text("give the domain of a zone", fits=bool).rstrip(".").lower()
        if given.get("backend").value is None:
            homes = given.get("homes").items("give the zone's object, or its domain and backend", least=1)
            return cls(domain, tuple(home.mapping() for home in homes))
        return cls(domain, (given.get("backend").mapping("give the settings of the zone's backend"),))


@dataclass(frozen=True, slots=True)
class ChallengeSettings:
    """How control is shown.

    Attributes:
        webroot: the folder whose files the web server serves at `/`; empty where we answer ourselves.
        listen: where we answer ourselves, an address and a port, `:80` for all addresses; empty where we don't.
        zone: the domain of the zone that records go to; empty where they go to `others` alone, or are there already.
        homes: the settings of the backends where that zone lives; none holds a secret.
        others: the zones that aliases lead to, and in which further names lie.
    """

    kind: ChallengeKind
    webroot: str = ""
    listen: str = ""
    zone: str = ""
    homes: tuple[Mapping[str, Any], ...] = ()
    others: tuple[ProofZone, ...] = ()

    @classmethod
    def from_inputs(cls, inputs: Mapping[str, Any], error: type[SophiaError]) -> Self | None:
        """Read the inputs of a certificate, None where there are none; `error` is raised where one is not allowed."""
        given = Value("challenge", inputs.get("challenge"), error)
        if given.value is None:
            return None
        given.mapping("write it like {'kind': 'http-01', 'webroot': '/srv/www'}")
        kind = ChallengeKind(given.get("kind").word(list(ChallengeKind)))
        given.members(MEMBERS[kind], f"setting of the challenge {kind}")
        if kind in BY_NAME:
            return cls._by_name(kind, given)
        others = tuple(ProofZone.read(zone) for zone in given.get("zones", ()).items("give a list of zones"))
        return cls._by_record(kind, given, inputs, others)

    @classmethod
    def _by_record(
        cls, kind: ChallengeKind, given: Value, inputs: Mapping[str, Any], others: tuple[ProofZone, ...]
    ) -> Self:
        zone, homes = inputs.get("zone"), inputs.get("homes") or ()
        if given.get("backend").value is not None:
            homes = (given.get("backend").mapping("give the settings of the zone's backend"),)
        if not homes and (others or kind is ChallengeKind.DNS_PERSIST_01):
            return cls(kind, others=others)
        if not isinstance(zone, str) or not zone:
            told = f"{kind} writes into a zone; give zone, an IntelligentDnsZone or its domain"
            raise given.error(told, field="zone")
        if not homes:
            told = f"{kind} needs the backend of the zone {zone}; give the zone's object as zone, or challenge.backend"
            raise given.error(told, field="challenge.backend")
        return cls(kind, zone=zone.rstrip(".").lower(), homes=tuple(homes), others=others)

    @classmethod
    def _by_name(cls, kind: ChallengeKind, given: Value) -> Self:
        webroot, listen = given.get("webroot"), given.get("listen")
        if webroot.value is not None and listen.value is not None:
            told = f"{webroot.path} and {listen.path} are two ways to show the same; give one of them"
            raise given.error(told, field=listen.path)
        if kind is ChallengeKind.HTTP_01 and listen.value is None:
            way_out = "give the path of the folder that the web server serves at /, or listen in its place"
            return cls(kind, webroot=webroot.text(way_out, fits=bool))
        return cls(kind, listen=listen.text("give an address and a port, such as :80 or [::1]:8080", fits=_address))

    @property
    def address(self) -> tuple[str, int]:
        """Address and port of `listen`, which MUST be given; an empty address is all of this machine's."""
        return _address(self.listen) or ("", 0)

    def refusal(self, domains: tuple[str, ...]) -> str:
        """Return why names can't be shown so, empty where all can."""
        if self.kind in BY_NAME:
            wildcard = next((name for name in domains if name.startswith("*.")), "")
            return wildcard and f"{wildcard} can't be shown by {self.kind}, which is for single names"
        if ip := next(filter(address, domains), ""):
            return f"{ip} can't be shown by {self.kind}, which is for names"
        outside = (name for name in domains if not within(base(name), self.zone))
        unfit = "" if self.others or not self.homes else next(outside, "")
        return unfit and f"{unfit} can't be shown by {self.kind} in the zone {self.zone}, since it does not lie there"

    @property
    def leaves(self) -> bool:
        """Whether a process that is killed leaves proofs which another has to take away."""
        return bool(self.webroot) or self.kind is ChallengeKind.DNS_01

    @property
    def zones(self) -> tuple[ProofZone, ...]:
        """Every zone that proofs may go to."""
        return (*((ProofZone(self.zone, self.homes),) if self.homes else ()), *self.others)

    def as_inputs(self) -> dict[str, Any]:
        """Return the settings as `from_inputs` takes them."""
        if self.kind in BY_NAME:
            way = {"listen": self.listen} if self.listen else {"webroot": self.webroot}
            return {"challenge": {"kind": str(self.kind), **way}}
        others = [{"domain": zone.domain, "homes": [dict(home) for home in zone.homes]} for zone in self.others]
        about = {"challenge": {"kind": str(self.kind), **({"zones": others} if others else {})}}
        return about | ({"zone": self.zone, "homes": [dict(home) for home in self.homes]} if self.homes else {})


def _address(text: str) -> tuple[str, int] | None:
    found = _LISTEN.fullmatch(text)
    if not found or not 0 < int(found[3]) < 2**16:
        return None
    host = found[1] or found[2] or ""
    return (host, int(found[3])) if not host or address(host) else None

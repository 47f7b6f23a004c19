"""What certificates may be for: names and addresses that are one's own, and wildcards."""

import ipaddress
from collections.abc import Iterator, Sequence

from sophia_policy_kit import Property

from .facts import CONFIGURATION, certificate_policy, named, texts

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def wildcards(facts: Property, config: Property) -> Iterator[str]:
    """Judge wildcards by the domain they stand under."""
    setting = config.get("wildcardsOf")
    found = [name for name in facts.get("names").texts() if name.startswith("*.")]
    if setting.value is None:
        return
    domains = _domains(setting)
    if bad := [name for name in found if name.removeprefix("*.") not in domains]:
        yield (
            f"{named(bad)} is a wildcard: its key speaks for all names there. wildcardsOf is "
            f"{named(domains) or 'empty'}. Name what is served, or add the domain to wildcardsOf {CONFIGURATION}"
        )


def owned_names(facts: Property, config: Property) -> Iterator[str]:
    """Judge whether names lie in zones, and addresses in networks, that are one's own."""
    names = {name: _address(name) for name in facts.get("names").texts()}
    zones, networks = config.get("zones"), config.get("networks")
    if zones.value is not None:
        own = _domains(zones)
        yield from _strangers([name for name, ip in names.items() if not ip and not _within(name, own)], zones)
    if networks.value is not None:
        nets = [_network(item) for item in networks.items()]
        bad = [name for name, ip in names.items() if ip and not any(ip in net for net in nets)]
        yield from _strangers(bad, networks)


def _strangers(names: Sequence[str], setting: Property) -> Iterator[str]:
    if names:
        key, known = setting.path.rpartition(".")[2], named(setting.texts()) or "empty"
        yield (
            f"{named(names)} lies in none of the {key} that are owned ({known}). Leave it out of domains, or add what "
            f"is yours to {key} {CONFIGURATION}"
        )


def _domains(setting: Property) -> list[str]:
    return [domain.lower().rstrip(".") for domain in setting.texts()]


def _within(name: str, domains: Sequence[str]) -> bool:
    bare = name.removeprefix("*.")
    return any(bare == domain or bare.endswith(f".{domain}") for domain in domains)


def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _network(setting: Property) -> Network:
    try:
        return ipaddress.ip_network(setting.text())
    except ValueError:
        raise setting.wrong("a network, such as 10.0.0.0/8") from None


WILDCARDS = certificate_policy(
    "wildcards",
    "Wildcards stand under certain domains only.",
    wildcards,
    {"wildcardsOf": texts(None, "`shop.example` allows `*.shop.example`, and no other; null for any.")},
)
OWNED_NAMES = certificate_policy(
    "owned-names",
    "Names and addresses are one's own.",
    owned_names,
    {
        "zones": texts(None, "Domains in or below which names must lie; null for any."),
        "networks": texts(None, "Networks in which addresses must lie; null for any."),
    },
)

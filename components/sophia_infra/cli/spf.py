"""`sophia zone spf`."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

from sophia_infra.cli.lint import records_of
from sophia_infra.cli.terminal import BOLD, print_json, say
from sophia_infra.dns.spf import Message, Result, check
from sophia_infra.dns.zone.index import Zone
from sophia_infra.dns.zone.resolver import ZoneResolver


def run(
    file: str,
    origin: str,
    beside: Sequence[tuple[str, str]],
    client: tuple[IPv4Address | IPv6Address, str, str],
    *,
    as_json: bool,
) -> int:
    """Print what SPF says of a message from `client`: address, HELO name, sender. Return 0 for `pass`, else 1.

    Raises:
        ZoneTextError: a zone can't be read, or a name server would refuse part of it.
    """
    zones = [Zone(records_of(path, name), name) for path, name in ((file, origin), *beside)]
    address, helo, sender = client
    verdict = check(Message(address, helo, sender), ZoneResolver(zones))
    told = {"result": str(verdict.result), "why": verdict.why, "explanation": verdict.explanation}
    if as_json:
        print_json(**told, lookups=verdict.lookups, voids=verdict.voids)
    else:
        say(f"{verdict.result}: {verdict.why}", BOLD)
        say(f"  {verdict.lookups} lookups, {verdict.voids} of them void")
        if verdict.explanation:
            say(f"  explanation: {verdict.explanation}")
    return int(verdict.result is not Result.PASS)

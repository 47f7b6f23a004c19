"""`sophia zone lint|spf|diff`, and the group that `import` and `compare` belong to.

What a subcommand needs is imported when it runs, so that help, completion and a typo are quick.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group, Parsed
from sophia_infra.cli.moving_in import compare, import_
from sophia_infra.cli.options import FILE, STDIN
from sophia_infra.cli.terminal import BOLD, COLOURS, UsageError, finding, plain, print_json, say

if TYPE_CHECKING:
    from sophia_infra.changes import Limits

_ZONE_FILE = re.compile(r"db\.(.+)|(.+\..+)\.(?:zone|db)")
"""How files of zones are called: `db.shop.example`, `shop.example.zone`."""
Pairs = tuple[tuple[str, str], ...]
"""Files and origins of other zones."""


@click.group(cls=Group)
def zone() -> None:
    """Check, compare and import zones."""


@zone.command()
@click.argument("file", type=FILE)
@click.option("--origin", metavar="NAME", help="The zone's name; may be left out where the file names it.")
@options.beside
@click.option(
    "--issuer",
    "issuers",
    metavar="DOMAIN",
    multiple=True,
    help="The CAA domain of a CA that the zone's certificates come from; may be repeated.",
)
@click.option("--edits", is_flag=True, help="Show the edits that would mend what was found.")
@options.as_json
def lint(file: str, origin: str | None, beside: Pairs, issuers: tuple[str, ...], edits: bool, as_json: bool) -> int:
    """The rules over a zone. FILE is its master file; - reads standard input.

    exit codes: 0 no errors, 1 errors, 2 unreadable

    examples:
      sophia lint db.shop.example                                 short for `zone lint`
      sophia zone lint shop.zone --origin shop.example --with mail.zone mail.example --issuer letsencrypt.org
      dig axfr shop.example @ns1 | sophia zone lint - --origin shop.example --json
    """
    from sophia_infra.advice.consult import counted, worst_first
    from sophia_infra.advice.model import Level
    from sophia_infra.cli.show import show_edits
    from sophia_infra.cli.sources import read_zone, records_of
    from sophia_infra.dns.lint.edits import proposals
    from sophia_infra.dns.lint.linter import judge
    from sophia_infra.dns.reader import ZoneTextError
    from sophia_infra.dns.rr.record import from_text, to_text
    from sophia_infra.dns.zone.index import Zone

    origin = origin or _named_in(file)
    reading = read_zone(file, origin)
    if not reading.readable:
        raise ZoneTextError(reading.problems)
    refused = [finding(problem) for problem in reading.problems]
    refused += [finding(warning, Level.WARNING) for warning in reading.warnings]
    refused += [finding(note, Level.INFO) for note in reading.notes]
    others = [Zone(records_of(path, name), name) for path, name in beside]
    linted = Zone(from_text(to_text(reading.records)), origin, beside=others, issuers=issuers)
    findings = worst_first([*refused, *judge(linted)])
    proposed = proposals(findings, linted) if edits else []
    if as_json:
        print_json(findings=plain(findings), **({"edits": [edit.as_inputs() for edit in proposed]} if edits else {}))
    else:
        for found in findings:
            say(f"{found.level} {found.code} {found.subject}: {found.message}", COLOURS[found.level])
            say(f"  -> {found.fix}")
        say(f"{origin}: {counted(findings)}")
        show_edits(proposed)
    return int(any(found.level is Level.ERROR for found in findings))


def _named_in(file: str) -> str:
    """The zone that a master file is of, by its own lines, or else by its name (`db.shop.example`).

    Raises:
        UsageError: it is standard input. OriginError: the file does not tell.
    """
    from sophia_infra.cli.sources import read_text
    from sophia_infra.dns.importers.source import OriginError, Source

    if file == STDIN:
        raise UsageError("standard input has no name; say which zone it is with --origin NAME", field="--origin")
    named = _ZONE_FILE.fullmatch(Path(file).name)
    try:
        return Source.of_path(Path(file), read_text(file), "master").pick(None)
    except OriginError:
        if named is None:
            raise
    return named[1] or named[2]


@zone.command()
@click.argument("file", type=FILE)
@options.origin
@click.option(
    "--ip", "address", metavar="ADDRESS", type=Parsed(ip_address), required=True, help="The sending client's address."
)
@click.option("--from", "sender", metavar="MAILBOX", help="The sender; default postmaster@ORIGIN.")
@click.option("--helo", metavar="NAME", help="The name the client gives; default the sender's domain.")
@options.beside
@options.as_json
def spf(
    file: str,
    origin: str,
    address: IPv4Address | IPv6Address,
    sender: str | None,
    helo: str | None,
    beside: Pairs,
    as_json: bool,
) -> int:
    """What SPF says of a message. FILE is the zone's master file; - reads standard input.

    exit codes: 0 pass, 1 any other result, 2 unreadable

    examples:
      sophia zone spf shop.zone --origin shop.example --ip 192.0.2.25
      sophia zone spf shop.zone --origin shop.example --ip 2001:db8::25 --from news@lists.shop.example
    """
    from sophia_infra.cli.sources import records_of
    from sophia_infra.dns.spf.check import Result, check
    from sophia_infra.dns.spf.message import Message
    from sophia_infra.dns.zone.index import Zone
    from sophia_infra.dns.zone.resolver import ZoneResolver

    sender = sender or f"postmaster@{origin.rstrip('.')}"
    message = Message(address, helo or sender.rpartition("@")[2], sender)
    zones = [Zone(records_of(path, name), name) for path, name in ((file, origin), *beside)]
    verdict = check(message, ZoneResolver(zones))
    if as_json:
        told = {"result": str(verdict.result), "why": verdict.why, "explanation": verdict.explanation}
        print_json(**told, lookups=verdict.lookups, voids=verdict.voids)
    else:
        say(f"{verdict.result}: {verdict.why}", BOLD)
        say(f"  {verdict.lookups} lookups, {verdict.voids} of them void")
        if verdict.explanation:
            say(f"  explanation: {verdict.explanation}")
    return int(verdict.result is not Result.PASS)


@zone.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@options.origin
@options.as_json
@options.show_all
@options.limits
def diff(old: str, new: str, origin: str, as_json: bool, show_all: bool, limits: "Limits") -> int:
    """What a change of a zone does, and whether it is within the limits. OLD is live, NEW is asked for.

    exit codes: 0 within the limits, 1 beyond them, 2 unreadable

    examples:
      sophia zone diff live.zone shop.zone --origin shop.example
      git show HEAD:shop.zone | sophia zone diff - shop.zone --origin shop.example --max-deletes 5
      sophia zone diff live.zone shop.zone --origin shop.example --allow '@ MX'
    """
    from sophia_infra.cli.show import plain_violations, show_sets, show_sum
    from sophia_infra.cli.sources import canonical_zone
    from sophia_infra.dns.exposure import between, changed_sets
    from sophia_infra.dns.live.compare import verdict_on

    if old == new == STDIN:
        raise UsageError("only one of OLD and NEW can be -, for standard input is read once")
    base, desired = canonical_zone(old, origin), canonical_zone(new, origin)
    changes = between(base, desired, origin=origin, previous=base)
    violations = limits.judge(changes, "record sets")
    verdict = verdict_on(changes, violations)
    if as_json:
        print_json(changes=changes.as_inputs(), verdict=str(verdict), violations=plain_violations(violations))
    else:
        show_sets(changed_sets(base, desired), show_all=show_all)
        show_sum(changes, verdict, violations)
    return int(bool(violations))


zone.add_command(import_)
zone.add_command(compare)

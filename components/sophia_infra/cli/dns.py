"""`sophia dns list|add|update|remove|backup|restore`: a live zone on any backend, and changes of it by hand.

What a change does and whether it may be made is decided in `dns.live.change`; here a person is shown it and asked.
"""

import os
import sys
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group
from sophia_infra.cli.options import COUNT, FILE, STDIN, Location, location
from sophia_infra.cli.terminal import GREEN, UsageError, agreed, print_json, progress, say
from sophia_infra.home import write_whole

if TYPE_CHECKING:
    from sophia_infra.changes import Limits
    from sophia_infra.dns.backends import Backend, Live
    from sophia_infra.dns.rr.record import Record

    Desired = Callable[[list[Record], str], Sequence[Record]]

REFUSED = 1

_zone = click.argument("zone")
_name = click.argument("name")
_type = click.argument("rtype", metavar="TYPE")
_values = click.argument("values", metavar="[VALUE]...", nargs=-1)
_dry_run = click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
_yes = click.option("--yes", is_flag=True, help="Do not ask; a change beyond the limits is refused all the same.")
_NOBODY = "there is no terminal to ask on; say --yes to change the zone from a script, or --dry-run"


@click.group(cls=Group)
def dns() -> None:
    """Look at a live zone, and change it record by record."""


def _change(*, new: bool = False) -> "Callable[[Callable[..., Desired]], Callable[..., int]]":
    """Have a command change a zone to what it says: add the options of a change, and return the exit code.

    The command returns what is desired, from the zone's records and its name. Where there is no such zone it is an
    error, but for a `new` one.
    """

    def changing(command: "Callable[..., Desired]") -> Callable[..., int]:
        @wraps(command)
        def change(
            zone: str,
            location: Location,
            limits: "Limits",
            yes: bool,
            dry_run: bool,
            show_all: bool,
            as_json: bool,
            **values: Any,
        ) -> int:
            from sophia_infra.cli.show import print_proposal, show_outcome, show_proposal
            from sophia_infra.dns.live.change import Outcome, carry_out, decide, propose
            from sophia_infra.dns.rr.record import from_text
            from sophia_infra.journal import Journal

            desired = command(**values)
            domain, backend, live = _read(location, zone, new=new)
            proposal = propose(backend, live, desired(from_text(live.text), domain), domain, limits)
            if not as_json:
                show_proposal(proposal, show_all=show_all)
            outcome = decide(proposal, lambda: yes or agreed(f"Change {domain}?", _NOBODY), dry_run=dry_run)
            applied = None
            if outcome is Outcome.APPLIED:
                progress(f"writing {backend.location}")
                applied = carry_out(proposal, backend, Journal.open())
            (print_proposal if as_json else show_outcome)(proposal, outcome, applied)
            return REFUSED if outcome in (Outcome.REFUSED, Outcome.DECLINED) else 0

        changed: Callable[..., int] = change
        for option in (options.limits, location, options.as_json, options.show_all, _dry_run, _yes):
            changed = option(changed)
        return changed

    return changing


@dns.command("list")
@_zone
@click.option("--name", metavar="PATTERN", help="Only these owner names; * and ? match as in a shell.")
@click.option("--type", "rtype", metavar="TYPE", help="Only records of this type.")
@options.as_json
@location
def list_(zone: str, name: str | None, rtype: str | None, as_json: bool, location: Location) -> int:
    """The records of a live zone.

    exit codes: 0 done, 2 wrong usage, or the zone can't be read

    examples:
      sophia dns list shop.example --backend namecheap --setting username=ops --setting client_ip=192.0.2.200
      sophia dns list shop.example --settings shop.yaml --name 'www*' --type A --json
    """
    from sophia_infra.dns.rr.record import from_text

    domain, backend, live = _read(location, zone)
    found = [
        record
        for record in from_text(live.text)
        if (not rtype or record.type == rtype.upper()) and (not name or fnmatchcase(record.owner, name.lower()))
    ]
    if as_json:
        listed = [record._asdict() for record in found]
        print_json(zone=domain, place=backend.location, serial=live.serial, records=listed)
        return 0
    for record in found:
        say(str(record))
    return 0


@dns.command()
@_zone
@_name
@_type
@click.argument("values", metavar="VALUE...", nargs=-1, required=True)
@click.option("--ttl", type=COUNT, metavar="SECONDS", help="The set's TTL; default its own, else 3600.")
@_change()
def add(name: str, rtype: str, values: tuple[str, ...], ttl: int | None) -> "Desired":
    """Add records to a live zone. NAME is an owner: @ for the zone's own, www, *.dev, or in full with a dot at its end.
    Give each VALUE as a master file has it; put one with blanks in quotes.

    exit codes: 0 done, or nothing to do; 1 refused by the limits or by you; 2 wrong usage, or the zone can't be read
    or written

    examples:
      sophia dns add shop.example www A 192.0.2.7 192.0.2.8 --ttl 300 --settings shop.yaml
      sophia dns add shop.example @ MX '10 mx.mail.example.' --settings shop.yaml --dry-run
      sophia dns add shop.example _acme-challenge TXT gfj9Xq...Rg85nM --yes --settings shop.yaml
    """
    from sophia_infra.dns.live.change import added

    return lambda records, domain: added(records, name, rtype, values, ttl, domain)


@dns.command()
@_zone
@_name
@_type
@_values
@click.option("--ttl", type=COUNT, metavar="SECONDS", help="The set's new TTL; default its own.")
@_change()
def update(name: str, rtype: str, values: tuple[str, ...], ttl: int | None) -> "Desired":
    """Replace the values or the TTL of one set. Without a VALUE only the TTL changes.

    exit codes: 0 done, or nothing to do; 1 refused by the limits or by you; 2 wrong usage, or the zone can't be read
    or written

    examples:
      sophia dns update shop.example www A 192.0.2.9 --settings shop.yaml
      sophia dns update shop.example www A --ttl 300 --settings shop.yaml
    """
    from sophia_infra.dns.live.change import updated

    if not values and ttl is None:
        raise UsageError("there is nothing to update: give values, or --ttl", field="--ttl")
    return lambda records, domain: updated(records, name, rtype, values, ttl, domain)


@dns.command()
@_zone
@_name
@click.argument("rtype", metavar="[TYPE]", required=False)
@_values
@_change()
def remove(name: str, rtype: str | None, values: tuple[str, ...]) -> "Desired":
    """Remove records from a live zone: all of a NAME, those of one TYPE, or those with these VALUEs.

    exit codes: 0 done; 1 refused by the limits or by you; 2 wrong usage, no such record, or the zone can't be read or
    written

    examples:
      sophia dns remove shop.example old --settings shop.yaml                      all records of a name
      sophia dns remove shop.example www A 192.0.2.8 --settings shop.yaml          one value of a set
      sophia dns remove shop.example @ MX --allow '@ MX' --settings shop.yaml
    """
    from sophia_infra.dns.live.change import removed

    return lambda records, domain: removed(records, name, rtype, values, domain)


@dns.command()
@_zone
@click.option(
    "--output",
    type=FILE,
    metavar="FILE",
    help="The file to write; - for standard output; default one of its own in .sophia/backups.",
)
@options.as_json
@location
def backup(zone: str, output: str | None, as_json: bool, location: Location) -> int:
    """Keep a copy of a live zone as a master file.

    exit codes: 0 done, 2 wrong usage, or the zone can't be read

    examples:
      sophia dns backup shop.example --settings shop.yaml
      sophia dns backup shop.example --settings shop.yaml --output shop.zone
    """
    from sophia_infra.dns.backends.backup import keep
    from sophia_infra.dns.rr.record import from_text

    if as_json and output == STDIN:
        raise UsageError("--json and --output - both want standard output; leave one of them out", field="--output")
    domain, _, live = _read(location, zone)
    count, content = len(from_text(live.text)), f"$ORIGIN {domain}.\n{live.text}"
    if output == STDIN:
        sys.stdout.write(content)
        return 0
    file = _written(Path(output), content) if output else keep(live, domain)
    if as_json:
        print_json(zone=domain, file=str(file), records=count)
    else:
        say(f"{count} records of {domain} are kept in {file}", GREEN)
    return 0


@dns.command()
@_zone
@click.argument("file", type=FILE)
@_change(new=True)
def restore(file: str) -> "Desired":
    """Make a live zone what a master file says, such as a backup. - reads standard input.

    exit codes: 0 done, or nothing to do; 1 refused by the limits or by you; 2 wrong usage, or the zone can't be read
    or written

    examples:
      sophia dns restore shop.example .sophia/backups/shop.example-20261123T120000Z-9f86d081884c.zone --settings s.yaml
    """
    from sophia_infra.cli.sources import records_of

    return lambda _, domain: records_of(file, domain)


def _written(file: Path, content: str) -> Path:
    """Write a file whole, with the permissions that the user's new files have: it is theirs to share."""
    mask = os.umask(0)  # the one way to read it is to set it
    os.umask(mask)
    write_whole(file, content, prepare=lambda draft: os.chmod(draft, 0o666 & ~mask))
    return file


def _read(location: Location, zone: str, *, new: bool = False) -> "tuple[str, Backend, Live]":
    from sophia_infra.dns.live.change import LiveChangeError
    from sophia_infra.dns.reader import zone_name

    domain = zone_name(zone, "ZONE")
    backend = location.open(domain)
    progress(f"reading {backend.location}")
    live = backend.read()
    if not live.text and not new:
        raise LiveChangeError(f"there is no zone {domain} at {backend.location}", subject=domain)
    return domain, backend, live

"""`sophia zone import|compare`: what moving in takes (docs/moving-in.md)."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.options import FILE, STDIN, Location, location
from sophia_infra.cli.terminal import GREEN, RED, UsageError, complain, print_json, say
from sophia_infra.values import ABOVE_ZERO

if TYPE_CHECKING:
    from sophia_infra.dns.exposure import SetChange
    from sophia_infra.dns.importers import Imported
    from sophia_infra.dns.live.compare import Comparison

WHOLE, ASKED = "zone", "asked"
_PORT = options.number(int, 1, 2**16 - 1, "a port from 1 to 65535")
_SECONDS = options.number(float, ABOVE_ZERO, 3600, "a number of seconds, more than 0 and at most 3600")


class _Format(click.ParamType[str]):
    """The choice of a format. The importers are the list, and only what imports loads them."""

    name = "format"

    @property
    def _choice(self) -> "click.Choice[str]":
        from sophia_infra.dns.importers import SOURCES

        return click.Choice(list(SOURCES))

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        return self._choice.get_metavar(param, ctx)

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return self._choice.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        return self._choice.shell_complete(ctx, param, incomplete)


FORMAT = _Format()


@click.command("import", cls=Command)
@click.argument("file", type=FILE)
@click.option("--origin", metavar="NAME", help="The zone's name; may be left out where the file names one zone.")
@click.option("--from", "chosen", type=FORMAT, help="The format; found out if left out.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything could not be carried over.")
def import_(file: str, origin: str | None, chosen: str | None, strict: bool) -> int:
    """Canonical zone text from other formats. FILE may be an octoDNS folder; - reads standard input.

    exit codes: 0 imported (stderr names what could not be carried over; then --strict gives 1), 2 unreadable

    examples:
      sophia zone import config/shop.example.yaml --origin shop.example --from octodns > shop.zone
      sophia zone import config/ --origin shop.example > shop.zone
      terraform show -json | sophia zone import - --origin shop.example --from terraform > shop.zone
    """
    from sophia_infra.dns.rr.record import to_text

    _, imported = _read(file, origin, chosen, "--from")
    sys.stdout.write(to_text(imported.records))
    return int(strict and bool(imported.notes))


def imported_from(file: str, origin: str | None, chosen: str | None) -> tuple[str, str]:
    """Return the name of a file's zone and its canonical text; what could not be carried over is told.

    Raises:
        ZoneTextError, OriginError, OSError: as `sophia zone import` has them.
    """
    from sophia_infra.dns.rr.record import to_text

    picked, imported = _read(file, origin, chosen, "--format")
    return picked, to_text(imported.records)


def _read(file: str, origin: str | None, chosen: str | None, option: str) -> tuple[str, "Imported"]:
    from sophia_infra.cli.sources import name_of, read_text
    from sophia_infra.dns.importers.source import Source
    from sophia_infra.dns.reader import ZoneTextError

    path = Path(file)
    if file == STDIN:
        source = Source.of_text(read_text(file), name_of(file), chosen)
    else:
        source = Source.of_path(path, "" if path.is_dir() else read_text(file), chosen)
    picked = source.pick(origin)
    imported = source.read(picked)
    if chosen is None:
        complain(f"{source.file} is read as {source.format}; {option} names another format")
    if origin is None:
        complain(f"the zone is {picked}")
    for note in imported.notes:
        complain(note)
    if imported.problems:
        raise ZoneTextError(imported.problems)
    return picked, imported


@click.command(cls=Command)
@click.argument("desired", type=FILE)
@options.origin
@options.as_json
@options.show_all
@click.option(
    "--ignore",
    metavar="PATTERN",
    multiple=True,
    help="Records to leave out on both sides, such as '_acme-challenge* TXT'; may be repeated.",
)
@click.option("--live", type=FILE, metavar="FILE", help="The live zone is in a master file; - reads standard input.")
@click.option(
    "--server",
    "servers",
    metavar="HOST",
    multiple=True,
    help="A name server of the zone, asked for each record set that is asked for, and for no more; may be repeated.",
)
@click.option("--port", type=_PORT, metavar="N", default=53, help="The server's port (default 53).")
@click.option("--timeout", type=_SECONDS, metavar="SECONDS", default=5.0, help="For one answer (default 5).")
@location
def compare(
    desired: str,
    origin: str,
    as_json: bool,
    show_all: bool,
    ignore: tuple[str, ...],
    live: str | None,
    servers: tuple[str, ...],
    port: int,
    timeout: float,
    location: Location,
) -> int:
    """Whether a live zone equals the one that is asked for. DESIRED is a master file; - reads standard input.

    exit codes: 0 equal, 1 not equal, 2 one side is unreadable

    examples:
      sophia zone compare shop.zone --origin shop.example --live axfr.zone
      sophia zone compare shop.zone --origin shop.example --backend rfc2136 --setting server=192.0.2.53
      sophia zone compare shop.zone --origin shop.example --server ns1.shop.example --server ns2.shop.example
    """
    from sophia_infra.cli.sources import canonical_zone
    from sophia_infra.dns.exposure import count_sets
    from sophia_infra.dns.live import compare as live_zones
    from sophia_infra.dns.live.name_server import NameServer

    if [bool(live), bool(servers), location.is_given].count(True) != 1:
        raise UsageError("say what is live with one of --live FILE, --server HOST or --backend KIND", field="--live")
    if live == desired == STDIN:
        raise UsageError("only one of DESIRED and --live can be -, for standard input is read once", field="--live")
    asked = canonical_zone(desired, origin)
    if live:
        sides = [(live, asked, canonical_zone(live, origin))]
    elif servers:
        hosts = [NameServer(host, port, timeout) for host in servers]
        sides = [(f"{host.host} port {port}", asked, host.sets_of(origin, asked)) for host in hosts]
    else:
        backend = location.open(origin)
        held = backend.read()
        sides = [(backend.location, backend.normalize(asked, held), held.text)]
    found = [(place, live_zones.compare(wanted, present, ignore)) for place, wanted, present in sides]
    equal, count = all(comparison.equal for _, comparison in found), count_sets(asked)
    if as_json:
        checked = ASKED if servers else WHOLE
        print_json(equal=equal, checked=checked, asked_for=count, live=[_plain(*side) for side in found])
    else:
        for place, comparison in found:
            _show(place, comparison, count, whole=not servers, show_all=show_all)
    return int(not equal)


def _show(place: str, found: "Comparison", asked: int, *, whole: bool, show_all: bool) -> None:
    from sophia_infra.cli.show import show_sets

    show_sets(list(found.all), show_all=show_all)
    what = "equal" if found.equal else _counted(found)
    say(f"{place}: {what}; {asked} record sets asked for", GREEN if found.equal else RED)
    if not whole:
        say("only what is asked for was checked: a server that transfers no zone can't be asked what else it holds")


def _counted(found: "Comparison") -> str:
    counts = {"missing": found.missing, "different": found.different, "live and not asked for": found.extra}
    return ", ".join(f"{len(sets)} {what}" for what, sets in counts.items() if sets)


def _plain(place: str, found: "Comparison") -> Mapping[str, Any]:
    sides = {"missing": found.missing, "different": found.different, "extra": found.extra}
    return {"place": place, **{side: [_set(change) for change in changes] for side, changes in sides.items()}}


def _set(change: "SetChange") -> Mapping[str, Any]:
    values = {"live": change.old, "asked_for": change.new}
    listed = {side: [{"ttl": ttl, "rdata": rdata} for rdata, ttl in held.items()] for side, held in values.items()}
    return {"subject": change.subject, **listed}

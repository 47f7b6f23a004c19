"""`sophia zone compare`."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sophia_infra.cli.backend_options import backend_of, names_backend
from sophia_infra.cli.diff import canonical_zone, show_sets
from sophia_infra.cli.sources import STDIN, UsageError
from sophia_infra.cli.terminal import GREEN, RED, print_json, say
from sophia_infra.dns.exposure import SetChange, count_sets
from sophia_infra.dns.live.asking import NameServer
from sophia_infra.dns.live.compare import Comparison, compare

WHOLE, ASKED = "zone", "asked"


def run(args: argparse.Namespace) -> int:
    """Print in what a live zone differs from the one that is asked for. Return 1 where it does, else 0.

    Raises:
        ZoneTextError: a file holds something that a name server refuses.
        UsageError: there is not exactly one live side.
        BackendError, AskingError: the live zone can't be read.
    """
    desired = canonical_zone(args.desired, args.origin)
    found = [(place, compare(asked, live, args.ignore)) for place, asked, live in _sides(args, desired)]
    equal = all(comparison.equal for _, comparison in found)
    checked = ASKED if args.server else WHOLE
    if args.json:
        print_json(equal=equal, checked=checked, asked_for=count_sets(desired), live=[_plain(*one) for one in found])
    else:
        for place, comparison in found:
            _show(place, comparison, count_sets(desired), whole=checked == WHOLE, show_all=args.all)
    return int(not equal)


def _sides(args: argparse.Namespace, desired: str) -> Iterator[tuple[str, str, str]]:
    """Yield each live side: its place, what it would hold if it were equal, and what it holds."""
    if [bool(args.live), bool(args.server), names_backend(args)].count(True) != 1:
        raise UsageError("say what is live with one of --live FILE, --server HOST or --backend KIND")
    if args.live:
        if args.live == args.desired == STDIN:
            raise UsageError("only one of DESIRED and --live can be -, for standard input is read once")
        yield args.live, desired, canonical_zone(args.live, args.origin)
    elif args.server:
        for host in args.server:
            server = NameServer(host, args.port, args.timeout)
            yield f"{host} port {args.port}", desired, server.sets_of(args.origin, desired)
    else:
        backend = backend_of(args, args.origin)
        live = backend.read()
        yield backend.place, backend.normalize(desired, live), live.text


def _show(place: str, found: Comparison, asked: int, *, whole: bool, show_all: bool) -> None:
    show_sets(list(found.all), show_all=show_all)
    what = "equal" if found.equal else _counted(found)
    say(f"{place}: {what}; {asked} record sets asked for", GREEN if found.equal else RED)
    if not whole:
        say("only what is asked for was checked: a server that transfers no zone can't be asked what else it holds")


def _counted(found: Comparison) -> str:
    counts = {"missing": found.missing, "different": found.different, "live and not asked for": found.extra}
    return ", ".join(f"{len(sets)} {what}" for what, sets in counts.items() if sets)


def _plain(place: str, found: Comparison) -> Mapping[str, Any]:
    return {
        "place": place,
        "missing": _listed(found.missing),
        "different": _listed(found.different),
        "extra": _listed(found.extra),
    }


def _listed(changes: Iterable[SetChange]) -> list[Mapping[str, Any]]:
    return [{"subject": one.subject, "live": _values(one.old), "asked_for": _values(one.new)} for one in changes]


def _values(values: Mapping[str, int]) -> list[Mapping[str, Any]]:
    return [{"ttl": ttl, "rdata": rdata} for rdata, ttl in values.items()]

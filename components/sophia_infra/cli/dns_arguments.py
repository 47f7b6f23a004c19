"""The arguments of `sophia dns`."""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

from sophia_infra.cli.backend_options import add_backend_options
from sophia_infra.cli.verb import add_json, add_limits, count, new_verb

CODES_READ = "exit codes: 0 done, 2 wrong usage, or the zone can't be read"
CODES_CHANGE = (
    "exit codes: 0 done, or nothing to do; 1 refused by the limits or by you; 2 wrong usage, or the zone can't be "
    "read or written"
)
_BACKEND = "--backend namecheap --setting username=ops --setting client_ip=192.0.2.200"
_SETTINGS = "--settings shop.yaml"
EXAMPLES_LIST = f"""examples:
  sophia dns list shop.example {_BACKEND}
  sophia dns list shop.example {_SETTINGS} --name 'www*' --type A --json
"""
EXAMPLES_ADD = f"""examples:
  sophia dns add shop.example www A 192.0.2.7 192.0.2.8 --ttl 300 {_SETTINGS}
  sophia dns add shop.example @ MX '10 mx.mail.example.' {_SETTINGS} --dry-run
  sophia dns add shop.example _acme-challenge TXT gfj9Xq...Rg85nM --yes {_SETTINGS}
"""
EXAMPLES_UPDATE = f"""examples:
  sophia dns update shop.example www A 192.0.2.9 {_SETTINGS}
  sophia dns update shop.example www A --ttl 300 {_SETTINGS}
"""
EXAMPLES_REMOVE = f"""examples:
  sophia dns remove shop.example old {_SETTINGS}                      all records of a name
  sophia dns remove shop.example www A 192.0.2.8 {_SETTINGS}          one value of a set
  sophia dns remove shop.example @ MX --allow '@ MX' {_SETTINGS}
"""
EXAMPLES_BACKUP = f"""examples:
  sophia dns backup shop.example {_SETTINGS}
  sophia dns backup shop.example {_SETTINGS} --output shop.zone
"""
EXAMPLES_RESTORE = f"""examples:
  sophia dns restore shop.example .sophia/backups/shop.example-20261123T120000Z-9f86d081884c.zone {_SETTINGS}
"""
_NAME = "the owner name: @ for the zone's own, www, *.dev, or in full with a dot at its end"
_VALUES = "each value as a master file has it; put one with blanks in quotes"


def add_dns(rooms: Any) -> None:
    """Add the room `dns` with its verbs."""
    room = rooms.add_parser("dns", help="look at a live zone, wherever it lives, and change it record by record")
    verbs = room.add_subparsers(metavar="VERB", required=True)
    _list(verbs)
    _add(verbs)
    _update(verbs)
    _remove(verbs)
    _backup(verbs)
    _restore(verbs)


def _list(verbs: Any) -> None:
    verb = _zone_verb(verbs, "list", "the records of a live zone", CODES_READ, EXAMPLES_LIST)
    verb.add_argument("--name", metavar="PATTERN", help="only these owner names; * and ? match as in a shell")
    verb.add_argument("--type", metavar="TYPE", help="only records of this type")
    _options(verb)


def _add(verbs: Any) -> None:
    verb = _zone_verb(verbs, "add", "add records to a live zone", CODES_CHANGE, EXAMPLES_ADD)
    verb.add_argument("name", metavar="NAME", help=_NAME)
    verb.add_argument("type", metavar="TYPE", help="the RR type, such as A or MX")
    verb.add_argument("values", metavar="VALUE", nargs="+", help=_VALUES)
    verb.add_argument("--ttl", type=count, metavar="SECONDS", help="the set's TTL; default its own, else 3600")
    _change(verb)


def _update(verbs: Any) -> None:
    verb = _zone_verb(verbs, "update", "replace the values or the TTL of one set", CODES_CHANGE, EXAMPLES_UPDATE)
    verb.add_argument("name", metavar="NAME", help=_NAME)
    verb.add_argument("type", metavar="TYPE", help="the RR type, such as A or MX")
    verb.add_argument("values", metavar="VALUE", nargs="*", help=f"{_VALUES}; without any, only the TTL changes")
    verb.add_argument("--ttl", type=count, metavar="SECONDS", help="the set's new TTL; default its own")
    _change(verb)


def _remove(verbs: Any) -> None:
    verb = _zone_verb(verbs, "remove", "remove records from a live zone", CODES_CHANGE, EXAMPLES_REMOVE)
    verb.add_argument("name", metavar="NAME", help=_NAME)
    verb.add_argument("type", metavar="TYPE", nargs="?", help="only this type; default all records of the name")
    verb.add_argument("values", metavar="VALUE", nargs="*", help="only these values")
    _change(verb)


def _backup(verbs: Any) -> None:
    verb = _zone_verb(verbs, "backup", "keep a copy of a live zone as a master file", CODES_READ, EXAMPLES_BACKUP)
    where = "the file to write; - for standard output; default one of its own in .sophia/backups"
    verb.add_argument("--output", metavar="FILE", help=where)
    _options(verb)


def _restore(verbs: Any) -> None:
    what = "make a live zone what a master file says, such as a backup"
    verb = _zone_verb(verbs, "restore", what, CODES_CHANGE, EXAMPLES_RESTORE)
    verb.add_argument("file", metavar="FILE", help="the master file; - reads standard input")
    _change(verb)


def _zone_verb(verbs: Any, name: str, what: str, codes: str, examples: str) -> argparse.ArgumentParser:
    verb = new_verb(verbs, name, partial(_run, name), what, codes, examples)
    verb.add_argument("zone", metavar="ZONE", help="the zone's name, such as shop.example")
    return verb


def _options(verb: argparse.ArgumentParser) -> None:
    add_json(verb)
    add_backend_options(verb)


def _change(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--yes", action="store_true", help="do not ask; a change beyond the limits is refused all the same"
    )
    verb.add_argument("--dry-run", action="store_true", help="show the plan, and change nothing")
    verb.add_argument("--all", action="store_true", help="show every record set that changes, not only the first ones")
    _options(verb)
    add_limits(verb.add_argument_group("limits (docs/limits.md gives the defaults' reasons)"))


def _run(verb: str, args: argparse.Namespace) -> int:
    from sophia_infra.cli import dns

    run: Callable[[argparse.Namespace], int] = getattr(dns, f"{verb}_")
    return run(args)

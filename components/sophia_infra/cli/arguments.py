"""The command's arguments and help. Verbs are imported when they run, so that help and a typo are quick."""

import argparse
from typing import Any

from sophia_infra.cli.advice_arguments import add_advice
from sophia_infra.cli.dns_arguments import add_dns
from sophia_infra.cli.lint_arguments import ZONE_FILE, add_lint, add_spf
from sophia_infra.cli.moving_arguments import add_compare, add_import
from sophia_infra.cli.verb import add_json, add_limits, add_origin, limits_of, new_verb
from sophia_infra.version import VERSION

CODES_DIFF = "exit codes: 0 within the limits, 1 beyond them, 2 unreadable"
CODES_VERIFY = "exit codes: 0 whole, 1 broken, 2 no journal or not readable"

EXAMPLES_DIFF = """examples:
  sophia zone diff live.zone shop.zone --origin shop.example
  git show HEAD:shop.zone | sophia zone diff - shop.zone --origin shop.example --max-deletes 5
  sophia zone diff live.zone shop.zone --origin shop.example --allow '@ MX'
"""
EXAMPLES_VERIFY = """examples:
  sophia audit verify
  sophia audit verify --journal /var/lib/infra/.sophia --json
  sophia audit verify --head 42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command; the namespace it fills holds `run` and `json`."""
    top = argparse.ArgumentParser(prog="sophia", description="DNS zones and certificates, weighed before they change.")
    top.add_argument("--version", action="version", version=f"sophia {VERSION}")
    rooms = top.add_subparsers(metavar="ROOM", required=True)
    zone = rooms.add_parser("zone", help="check, compare and import zones").add_subparsers(
        metavar="VERB", required=True
    )
    add_lint(zone)
    add_spf(zone)
    _diff(zone)
    add_import(zone)
    add_compare(zone)
    add_dns(rooms)
    add_advice(rooms)
    audit = rooms.add_parser("audit", help="the journal of advice and applies")
    _verify(audit.add_subparsers(metavar="VERB", required=True))
    return top


def _diff(verbs: Any) -> None:
    help_ = "what a change of a zone does, and whether it is within the limits"
    verb = new_verb(verbs, "diff", _run_diff, help_, CODES_DIFF, EXAMPLES_DIFF)
    verb.add_argument("old", metavar="OLD", help=f"what is live: {ZONE_FILE}")
    verb.add_argument("new", metavar="NEW", help="what is asked for, likewise")
    add_origin(verb)
    add_json(verb)
    verb.add_argument("--all", action="store_true", help="show every record set that changes, not only the first ones")
    add_limits(verb.add_argument_group("limits (docs/limits.md gives the defaults' reasons)"))


def _verify(verbs: Any) -> None:
    verb = new_verb(verbs, "verify", _run_verify, "prove the journal's chain", CODES_VERIFY, EXAMPLES_VERIFY)
    where = "the journal's file or folder; default $SOPHIA_HOME, else .sophia of the Pulumi project here"
    verb.add_argument("--journal", metavar="PATH", help=where)
    verb.add_argument("--head", metavar="ROW:HASH", type=_head, help="a head noted earlier, which must be in the chain")
    add_json(verb)


def _head(text: str) -> object:
    from sophia_infra.advice.chain import Head

    try:
        return Head.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _run_diff(args: argparse.Namespace) -> int:
    from sophia_infra.cli.diff import run

    return run(args.old, args.new, args.origin, limits_of(args), as_json=args.json, show_all=args.all)


def _run_verify(args: argparse.Namespace) -> int:
    from sophia_infra.cli.audit import run

    return run(args.journal, args.head, as_json=args.json)

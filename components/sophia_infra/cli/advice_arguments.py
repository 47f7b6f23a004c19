"""The arguments of `sophia advice`."""

import argparse
from typing import Any

from sophia_infra.advice.approval import DAYS, MOST_DAYS
from sophia_infra.cli.verb import add_json, count, new_verb

CODES = "exit codes: 0 done, 2 no such advice, or the journal is not readable"
CODES_APPROVE = "exit codes: 0 approved, 1 not agreed to, 2 no such advice or edit"
EXAMPLES_LIST = """examples:
  sophia advice list
  sophia advice list --json
"""
EXAMPLES_SHOW = """examples:
  sophia advice show              the newest
  sophia advice show 9f0c12
"""
EXAMPLES_APPROVE = """examples:
  sophia advice approve 9f0c12
  sophia advice approve 9f0c12 --only '@ MX' --days 1
  sophia advice withdraw 9f0c12
"""
EXAMPLES_EXPORT = """examples:
  sophia advice export > advice.json        where the plan was saved
  sophia advice import advice.json          where it is applied
"""
CODES_IMPORT = "exit codes: 0 taken in, 2 not an export, or the journal can't be written"


def add_advice(rooms: Any) -> None:
    """Add the room `advice` with its verbs."""
    room = rooms.add_parser("advice", help="look at advice, and approve the edits it proposes")
    verbs = room.add_subparsers(metavar="VERB", required=True)
    add_json(
        _with_journal(new_verb(verbs, "list", _list, "the advice in the journal, newest first", CODES, EXAMPLES_LIST))
    )
    add_json(
        _of_one(new_verb(verbs, "show", _show, "one advice with its findings and edits", CODES, EXAMPLES_SHOW), "?")
    )
    what = "approve edits, which the next preview then applies"
    approve = _of_one(new_verb(verbs, "approve", _approve, what, CODES_APPROVE, EXAMPLES_APPROVE))
    told = "only the edits of this record set; may be repeated"
    approve.add_argument("--only", action="append", metavar="SUBJECT", default=[], help=told)
    told = f"how long the approval holds, 1 to {MOST_DAYS} (default {DAYS})"
    approve.add_argument("--days", type=count, metavar="N", default=DAYS, help=told)
    approve.add_argument("--yes", action="store_true", help="do not ask")
    add_json(approve)
    what = "take an approval back"
    add_json(_of_one(new_verb(verbs, "withdraw", _withdraw, what, CODES, EXAMPLES_APPROVE)))
    what = "the newest advice and approvals, to travel beside a saved plan"
    _with_journal(new_verb(verbs, "export", _export, what, CODES, EXAMPLES_EXPORT)).set_defaults(json=False)
    what = "take in what another machine exported"
    take_in = _with_journal(new_verb(verbs, "import", _import, what, CODES_IMPORT, EXAMPLES_EXPORT))
    take_in.add_argument("file", metavar="FILE", help="the exported file; - reads standard input")
    add_json(take_in)


def _of_one(verb: argparse.ArgumentParser, number: str | None = None) -> argparse.ArgumentParser:
    told = "the beginning of the advice's id, as the preview and `sophia advice list` show it"
    verb.add_argument("id", metavar="ID", nargs=number, default="", help=told)
    return _with_journal(verb)


def _with_journal(verb: argparse.ArgumentParser) -> argparse.ArgumentParser:
    where = "the journal's folder; default $SOPHIA_HOME, else .sophia of the Pulumi project here"
    verb.add_argument("--journal", metavar="FOLDER", help=where)
    return verb


def _list(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.cli.advice import list_

    return list_(Journal.open(args.journal), as_json=args.json)


def _show(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.cli.advice import show

    return show(Journal.open(args.journal), args.id, as_json=args.json)


def _approve(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.cli.advice import approve_

    journal = Journal.open(args.journal)
    return approve_(journal, args.id, args.only, args.days, sure=args.yes, as_json=args.json)


def _withdraw(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.cli.advice import withdraw_

    return withdraw_(Journal.open(args.journal), args.id, as_json=args.json)


def _export(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.advice.travel import exported

    print(exported(Journal.open(args.journal)))
    return 0


def _import(args: argparse.Namespace) -> int:
    from sophia_infra.advice.journal import Journal
    from sophia_infra.cli.advice import import_

    return import_(Journal.open(args.journal), args.file, as_json=args.json)

"""The arguments of `sophia zone lint` and `sophia zone spf`."""

import argparse
from ipaddress import ip_address
from typing import Any

from sophia_infra.cli.verb import add_json, add_origin, new_verb

ZONE_FILE = "the zone's master file; - reads standard input"
CODES_LINT = "exit codes: 0 no errors, 1 errors, 2 unreadable"
CODES_SPF = "exit codes: 0 pass, 1 any other result, 2 unreadable"
EXAMPLES_LINT = """examples:
  sophia zone lint shop.zone --origin shop.example
  sophia zone lint shop.zone --origin shop.example --with mail.zone mail.example --issuer letsencrypt.org
  dig axfr shop.example @ns1 | sophia zone lint - --origin shop.example --json
"""
EXAMPLES_SPF = """examples:
  sophia zone spf shop.zone --origin shop.example --ip 192.0.2.25
  sophia zone spf shop.zone --origin shop.example --ip 2001:db8::25 --from news@lists.shop.example
"""


def add_lint(verbs: Any) -> None:
    """Add the verb `lint`."""
    verb = new_verb(verbs, "lint", _run_lint, "the rules over a zone", CODES_LINT, EXAMPLES_LINT)
    verb.add_argument("file", metavar="FILE", help=ZONE_FILE)
    add_origin(verb)
    _beside(verb)
    issuer = "the CAA domain of a CA that the zone's certificates come from; may be repeated"
    verb.add_argument("--issuer", metavar="DOMAIN", action="append", default=[], help=issuer)
    verb.add_argument("--edits", action="store_true", help="show the edits that would mend what was found")
    add_json(verb)


def add_spf(verbs: Any) -> None:
    """Add the verb `spf`."""
    verb = new_verb(verbs, "spf", _run_spf, "what SPF says of a message", CODES_SPF, EXAMPLES_SPF)
    verb.add_argument("file", metavar="FILE", help=ZONE_FILE)
    add_origin(verb)
    verb.add_argument("--ip", metavar="ADDRESS", type=ip_address, required=True, help="who sends: the client's address")
    verb.add_argument("--from", dest="sender", metavar="MAILBOX", help="the sender; default postmaster@ORIGIN")
    verb.add_argument("--helo", metavar="NAME", help="the name the client gives; default the sender's domain")
    _beside(verb)
    add_json(verb)


def _beside(verb: argparse.ArgumentParser) -> None:
    beside = "another zone that names may be looked up in; may be repeated"
    verb.add_argument(
        "--with", dest="beside", nargs=2, metavar=("FILE", "ORIGIN"), action="append", default=[], help=beside
    )


def _run_lint(args: argparse.Namespace) -> int:
    from sophia_infra.cli.lint import run

    return run(args.file, args.origin, args.beside, args.issuer, edits=args.edits, as_json=args.json)


def _run_spf(args: argparse.Namespace) -> int:
    from sophia_infra.cli.spf import run

    sender = args.sender or f"postmaster@{args.origin.rstrip('.')}"
    helo = args.helo or sender.rpartition("@")[2]
    return run(args.file, args.origin, args.beside, (args.ip, helo, sender), as_json=args.json)

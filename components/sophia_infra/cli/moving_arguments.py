"""The arguments of `sophia zone import` and `sophia zone compare`."""

import argparse
from typing import Any

from sophia_infra.cli.backend_options import add_backend_options
from sophia_infra.cli.lint_arguments import ZONE_FILE
from sophia_infra.cli.verb import add_json, add_origin, new_verb

SOURCES = (
    *("master", "octodns", "dnscontrol", "terraform", "pulumi"),
    *("tinydns", "cloudflare-json", "cloudflare", "route53"),
)

CODES_IMPORT = (
    "exit codes: 0 imported (notes name on stderr what could not be carried over; then --strict gives 1), 2 unreadable"
)
CODES_COMPARE = "exit codes: 0 equal, 1 not equal, 2 one side is unreadable"

EXAMPLES_IMPORT = """examples:
  sophia zone import config/shop.example.yaml --origin shop.example --from octodns > shop.zone
  sophia zone import config/ --origin shop.example > shop.zone
  terraform show -json | sophia zone import - --origin shop.example --from terraform > shop.zone
"""
EXAMPLES_COMPARE = """examples:
  sophia zone compare shop.zone --origin shop.example --live axfr.zone
  sophia zone compare shop.zone --origin shop.example --backend rfc2136 --setting server=192.0.2.53
  sophia zone compare shop.zone --origin shop.example --server ns1.shop.example --server ns2.shop.example
"""


def add_import(verbs: Any) -> None:
    """Add `import`."""
    what = "canonical zone text from other formats"
    verb = new_verb(verbs, "import", _run_import, what, CODES_IMPORT, EXAMPLES_IMPORT)
    verb.add_argument("file", metavar="FILE", help="the file or octoDNS folder to import; - reads standard input")
    verb.add_argument("--origin", metavar="NAME", help="the zone's name; may be left out where the file names one zone")
    verb.add_argument("--from", dest="source", choices=SOURCES, help="the format; found out if left out")
    verb.add_argument("--strict", action="store_true", help="exit with 1 if anything could not be carried over")
    verb.set_defaults(json=False)


def add_compare(verbs: Any) -> None:
    """Add `compare`."""
    what = "whether a live zone equals the one that is asked for"
    verb = new_verb(verbs, "compare", _run_compare, what, CODES_COMPARE, EXAMPLES_COMPARE)
    verb.add_argument("desired", metavar="DESIRED", help=f"what is asked for: {ZONE_FILE}")
    add_origin(verb)
    add_json(verb)
    verb.add_argument("--all", action="store_true", help="show every record set that differs, not only the first ones")
    pattern = "records to leave out on both sides, such as '_acme-challenge* TXT'; may be repeated"
    verb.add_argument("--ignore", action="append", metavar="PATTERN", default=[], help=pattern)
    verb.add_argument("--live", metavar="FILE", help="the live zone is in a master file; - reads standard input")
    group = verb.add_argument_group("ask name servers, record set by record set, which checks what is asked for only")
    group.add_argument("--server", action="append", metavar="HOST", help="a server of the zone; may be repeated")
    group.add_argument("--port", type=_port, metavar="N", default=53, help="its port (default 53)")
    group.add_argument("--timeout", type=_seconds, metavar="SECONDS", default=5.0, help="for one answer (default 5)")
    add_backend_options(verb)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0
    if not 0 < found <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, more than 0 and at most 3600")
    return found


def _run_import(args: argparse.Namespace) -> int:
    from sophia_infra.cli.imports import run

    return run(args.file, args.origin, args.source, strict=args.strict)


def _run_compare(args: argparse.Namespace) -> int:
    from sophia_infra.cli.compare import run

    return run(args)

"""What the verbs of the command have in common: their help's form, and the options that several of them take."""

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from sophia_infra.changes.limits import Limits
from sophia_infra.changes.model import Exposure


def new_verb(
    verbs: Any, name: str, run: Callable[[argparse.Namespace], int], what: str, codes: str, examples: str
) -> argparse.ArgumentParser:
    """Return a new verb's parser; `codes` and `examples` end its help."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"{codes}\n\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.set_defaults(run=run)
    return verb


def add_origin(verb: argparse.ArgumentParser) -> None:
    """Add `--origin`, which a zone's file does not say."""
    verb.add_argument("--origin", metavar="NAME", required=True, help="the zone's name, such as shop.example")


def add_json(verb: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    verb.add_argument("--json", action="store_true", help="print one JSON object, described in docs/cli.md")


def add_limits(group: Any) -> None:
    """Add one option for each limit, with its documented default, and `--allow`."""
    default = Limits()
    for name, kind, metavar, what in (
        ("max_deletes", count, "N", "record sets that may be deleted"),
        ("max_delete_share", _share, "SHARE", "share of the record sets that may be deleted, 0 to 1"),
        ("max_updates", count, "N", "record sets that may be updated"),
        ("max_update_share", _share, "SHARE", "share of the record sets that may be updated, 0 to 1"),
        ("max_source_shrink", _share, "SHARE", "share by which NEW may be smaller than OLD, 0 to 1"),
        ("floor", count, "N", "so many deletes and updates pass whatever their share"),
        ("max_exposure", _exposure, "LEVEL", "none, low, medium, high or critical"),
    ):
        value = getattr(default, name)
        told = f"{what} (default {'no limit' if value is None else value})"
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, default=value, help=told)
    accepted = "a subject whose exposure is accepted, such as '@ MX' or www; may be repeated"
    group.add_argument("--allow", action="append", metavar="SUBJECT", default=[], help=accepted)


def limits_of(args: argparse.Namespace) -> Limits:
    """Return the limits that the options of `add_limits` say."""
    chosen = {limit.name: getattr(args, limit.name) for limit in fields(Limits) if limit.name != "allow"}
    return Limits(**chosen, allow=tuple(args.allow))


def count(text: str) -> int:
    """Read a whole number of 0 or more."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1, such as 0.25")
    return share


def _exposure(text: str) -> Exposure:
    try:
        return Exposure.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

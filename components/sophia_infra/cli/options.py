"""The options that several subcommands have in common."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps

import click

from sophia_infra.changes.limits import Limits
from sophia_infra.changes.model import Exposure
from sophia_infra.cli.command import Parsed

STDIN = "-"
FILE = click.Path(allow_dash=True, readable=False)
"""A file that the subcommand opens itself; `-` is standard input. A shell completes its name."""

origin = click.option("--origin", metavar="NAME", required=True, help="The zone's name, such as shop.example.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, described in docs/cli.md.")
beside = click.option(
    "--with",
    "beside",
    type=(FILE, str),
    metavar="FILE ORIGIN",
    multiple=True,
    help="Another zone that names may be looked up in; may be repeated.",
)
show_all = click.option("--all", "show_all", is_flag=True, help="Show every record set, not only the first ones.")
yes = click.option("--yes", is_flag=True, help="Do not ask.")


def count(text: str) -> int:
    """Read a whole number of 0 or more."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise ValueError(f"{text!r} is not a share from 0 to 1, such as 0.25")
    return share


COUNT, _SHARE = Parsed(count), Parsed(_share)
_LIMITS = (
    ("max_deletes", COUNT, "N", "Record sets that may be deleted"),
    ("max_delete_share", _SHARE, "SHARE", "Share of the record sets that may be deleted, 0 to 1"),
    ("max_updates", COUNT, "N", "Record sets that may be updated"),
    ("max_update_share", _SHARE, "SHARE", "Share of the record sets that may be updated, 0 to 1"),
    ("max_source_shrink", _SHARE, "SHARE", "Share by which the zone may shrink, 0 to 1"),
    ("floor", COUNT, "N", "So many deletes and updates pass whatever their share"),
    ("max_exposure", Parsed(Exposure.parse), "LEVEL", "none, low, medium, high or critical"),
)


def limits(command: Callable[..., int]) -> Callable[..., int]:
    """Add an option for each limit, with its documented default, and `--allow`; the command gets one `limits`."""

    @wraps(command)
    def with_limits(**values: object) -> int:
        chosen = {limit.name: values.pop(limit.name) for limit in fields(Limits)}
        return command(limits=Limits(**chosen), **values)  # type: ignore[arg-type]  # each option has its limit's type

    allow = "A subject whose exposure is accepted, such as '@ MX' or www; may be repeated."
    with_limits = click.option("--allow", metavar="SUBJECT", multiple=True, help=allow)(with_limits)
    default = Limits()
    for name, kind, metavar, what in reversed(_LIMITS):
        value = getattr(default, name)
        told = f"{what} (default {'no limit' if value is None else value})."
        option = click.option(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, default=value, help=told)
        with_limits = option(with_limits)
    return with_limits

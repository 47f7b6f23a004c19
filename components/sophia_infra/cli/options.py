"""The options that several subcommands have in common."""

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.changes.limits import Limits
from sophia_infra.changes.model import Exposure
from sophia_infra.cli.command import Parsed
from sophia_infra.cli.terminal import UsageError

if TYPE_CHECKING:
    from sophia_infra.dns.backends import Backend

SETTINGS_VARIABLE = "SOPHIA_BACKEND_SETTINGS"
"""Names the settings file where `--settings` does not."""
_LONGEST_NUMBER = 9
"""Digits of a setting that is read as a number; what is longer is an identifier."""
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


def number(read: Callable[[str], float], low: float, high: float, what: str) -> Parsed:
    """Return the type of an option for a number within limits, both included; `what` it is stands in the error."""

    def parse(text: str) -> float:
        try:
            found = read(text)
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            raise ValueError(f"{text!r} is not {what}")
        return found

    return Parsed(parse)


COUNT = number(int, 0, math.inf, "a whole number of 0 or more")
_SHARE = number(float, 0, 1, "a share from 0 to 1, such as 0.25")
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


def journal(command: Callable[..., int]) -> Callable[..., int]:
    """Add `--journal`; the command gets one `journal`."""

    @wraps(command)
    def with_journal(journal: str | None, **values: Any) -> int:
        from sophia_infra.journal import Journal

        return command(journal=Journal.open(journal, "--journal"), **values)

    told = "The journal: a file, a folder or a URL; default $SOPHIA_JOURNAL, else in $SOPHIA_HOME, else in .sophia."
    return click.option("--journal", type=click.Path(readable=False), metavar="PATH", help=told)(with_journal)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a zone lives, as the options say it."""

    kind: str | None
    settings: Mapping[str, Any]
    file: str | None

    @property
    def is_given(self) -> bool:
        """Return whether any option names a backend; the environment alone does not."""
        return bool(self.kind or self.settings or self.file)

    def open(self, domain: str) -> "Backend":
        """Open the backend; `--setting` stands above the file.

        Raises:
            UsageError: no backend is named, or the settings file can't be read.
            BackendError: the kind, or one of its settings, is not known.
            ZoneTextError: `domain` is no domain name.
        """
        from sophia_infra.dns.backends import open_backend
        from sophia_infra.dns.reader import zone_name

        file = self.file or os.environ.get(SETTINGS_VARIABLE)
        settings = {**(_from_file(file) if file else {}), **self.settings}
        if self.kind:
            settings["kind"] = self.kind
        if "kind" not in settings:
            told = "no backend is named; say which with --backend KIND, or as `kind` in the --settings file"
            raise UsageError(told, field="--backend")
        return open_backend(settings, zone_name(domain))


def location(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options; the command gets one `location`."""

    @wraps(command)
    def with_location(
        backend: str | None, setting: tuple[tuple[str, Any], ...], settings: str | None, **values: Any
    ) -> int:
        return command(location=Location(backend, dict(setting), settings), **values)

    kind = "The backend's kind, or package.module:Class; docs/backends.md lists kinds and settings."
    one = "One setting of the backend, such as port=5353; may be repeated. Credentials come from the environment."
    file = f"A JSON or YAML file with the settings, kind included (default ${SETTINGS_VARIABLE})."
    for option in (
        click.option("--settings", type=click.Path(readable=False), metavar="FILE", help=file),
        click.option("--setting", type=Parsed(_setting), metavar="KEY=VALUE", multiple=True, help=one),
        click.option("--backend", metavar="KIND", help=kind),
    ):
        with_location = option(with_location)
    return with_location


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise ValueError(f"{text!r} is not KEY=VALUE, such as port=5353")
    return key, _value(value)


def _value(text: str) -> Any:
    """A number, true, false, or a JSON list, object or string; anything else is the text as it stands."""
    if text.lstrip("-").isdecimal() and len(text) > _LONGEST_NUMBER:
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, float) or found is None else found


def _from_file(name: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        why = getattr(error, "strerror", None) or "it is not YAML or JSON"  # a parser would quote what may be secret
        raise UsageError(f"--settings {name} can't be read: {why}", field="--settings", subject=name) from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        told = f"--settings {name} is not a mapping, such as {{kind: rfc2136, server: 192.0.2.1}}"
        raise UsageError(told, field="--settings", subject=name)
    return found

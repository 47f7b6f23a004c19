"""The options that say where a zone lives: `--backend`, `--setting` and `--settings`, the same for every subcommand."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sophia_infra.cli.command import Parsed
from sophia_infra.cli.terminal import UsageError

if TYPE_CHECKING:
    from sophia_infra.dns.backends import Backend

SETTINGS_VARIABLE = "SOPHIA_BACKEND_SETTINGS"
"""Names the settings file where `--settings` does not."""
_LONGEST_NUMBER = 9
"""Digits of a setting that is read as a number; what is longer is an identifier."""


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
            raise UsageError("no backend is named; say which with --backend KIND, or as `kind` in the --settings file")
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
        raise UsageError(f"--settings {name} can't be read: {why}") from None
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise UsageError(f"--settings {name} is not a mapping, such as {{kind: rfc2136, server: 192.0.2.1}}")
    return found

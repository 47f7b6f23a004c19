"""The options that say where a zone lives: `--backend`, `--setting` and `--settings`, the same for every verb."""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sophia_infra.cli.sources import UsageError

if TYPE_CHECKING:
    from sophia_infra.dns.backends import Backend

SETTINGS_VARIABLE = "SOPHIA_BACKEND_SETTINGS"
"""Names the settings file where `--settings` does not."""
_LONGEST_NUMBER = 9
"""Digits of a setting that is read as a number; what is longer is an identifier."""


def add_backend_options(verb: argparse.ArgumentParser) -> None:
    """Give a verb the options, in a group of their own."""
    group = verb.add_argument_group("where the zone lives (docs/backends.md lists kinds and settings)")
    group.add_argument("--backend", metavar="KIND", help="the backend's kind, or package.module:Class")
    told = "one setting of the backend, such as port=5353; may be repeated. Credentials come from the environment"
    group.add_argument("--setting", action="append", type=_setting, metavar="KEY=VALUE", default=[], help=told)
    where = f"a JSON or YAML file with the settings, kind included (default ${SETTINGS_VARIABLE})"
    group.add_argument("--settings", metavar="FILE", help=where)


def names_backend(args: argparse.Namespace) -> bool:
    """Return whether the options name a backend."""
    return bool(args.backend or args.setting or args.settings)


def backend_of(args: argparse.Namespace, domain: str) -> "Backend":
    """Open the backend that the options describe; `--setting` stands above the file.

    Raises:
        UsageError: no backend is named, or the settings file can't be read.
        BackendError: the kind, or one of its settings, is not known.
        ZoneTextError: `domain` is no domain name.
    """
    from sophia_infra.dns.backends import open_backend
    from sophia_infra.dns.reader import zone_name

    file = args.settings or os.environ.get(SETTINGS_VARIABLE)
    settings = _from_file(file) if file else {}
    settings |= dict(args.setting)
    if args.backend:
        settings["kind"] = args.backend
    if "kind" not in settings:
        raise UsageError("no backend is named; say which with --backend KIND, or as `kind` in the --settings file")
    return open_backend(settings, zone_name(domain))


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE, such as port=5353")
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

"""The stack settings under `sophia:`, each with its default; a wrong one is refused by name."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from sophia_infra import clock
from sophia_infra.advice.model import Autonomy
from sophia_infra.changes import Exposure, Limits, overrides
from sophia_infra.changes.overrides import Override
from sophia_infra.errors import SophiaError
from sophia_infra.values import Value

NAMESPACE = "sophia"
LIMITS = tuple(one.name for one in fields(Limits) if one.name != "allow")
"""The limits that a stack or a zone may set: what is accepted for a while is an override."""
NO_CAP = "none"
"""What stands for no absolute cap where null does not arrive: the engine drops it from a resource's inputs."""


class SettingError(SophiaError):
    """A setting with a name or a value that is not allowed; the message says which ones are."""

    code = "setting"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a stack may set.

    Attributes:
        autonomy: what may be done with proposed edits (`sophia:autonomy`), default `suggest`.
        limits: the stack's limits for one apply (`sophia:limits`, an object), default as `Limits`.
        overrides: exposure that is accepted for a while (`sophia:overrides`, a list), default none; docs/limits.md.
        probe: whether the targets of pools are probed (`sophia:probe`), default `on`.
    """

    autonomy: Autonomy = Autonomy.SUGGEST
    limits: Limits = field(default_factory=Limits)
    overrides: tuple[Override, ...] = ()
    probe: bool = True


def read(get: Callable[[str], str | None]) -> Settings:
    """Read the settings; `get` looks up one full key, such as `sophia:autonomy`, and returns its text.

    Raises:
        SettingError, OverrideError: a value is not allowed.
    """
    chosen: dict[str, Any] = {}
    if (word := get(f"{NAMESPACE}:autonomy")) is not None:
        chosen["autonomy"] = _autonomy(word)
    if (text := get(f"{NAMESPACE}:limits")) is not None:
        chosen["limits"] = limits_from(_object(text), f"{NAMESPACE}:limits")
    if (text := get(f"{NAMESPACE}:overrides")) is not None:
        chosen["overrides"] = overrides.read(_json(text), f"{NAMESPACE}:overrides", clock.now(), of_stack=True)
    if (word := get(f"{NAMESPACE}:probe")) is not None:
        chosen["probe"] = Value(f"{NAMESPACE}:probe", word, SettingError).word(("on", "off"), "give on or off") == "on"
    return Settings(**chosen)


def limits_from(given: Mapping[str, Any], where: str, base: Limits | None = None) -> Limits:
    """Return `base` (default: the documented defaults) with the limits that a mapping names.

    Raises:
        SettingError: a limit is not known, or its value is out of range. `where` says what to mend.
    """
    limits = Value(where, given, SettingError).members(LIMITS, "limit")
    return replace(base or Limits(), **{name: _limit(name, limits.get(name)) for name in given})


def _autonomy(word: str) -> Autonomy:
    try:
        return Autonomy.parse(word)
    except ValueError as error:
        raise SettingError(f"{NAMESPACE}:autonomy: {error}", field=f"{NAMESPACE}:autonomy") from None


def _object(text: str) -> Mapping[str, Any]:
    found = _json(text)
    if not isinstance(found, dict):
        way_out = f"set one with: pulumi config set --path {NAMESPACE}:limits.max_deletes 5"
        raise SettingError(f"{NAMESPACE}:limits is not an object; {way_out}", field=f"{NAMESPACE}:limits")
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _limit(name: str, given: Value) -> Any:
    if name == "max_exposure":
        return _exposure(given)
    if name in ("max_deletes", "max_updates") and given.value in (None, NO_CAP):
        return None
    given.number(way_out="give a number")
    if name.endswith(("_share", "_shrink")):
        return given.number(0, 1, "give a share from 0 to 1, such as 0.25")
    return given.whole(0, math.inf, "give a whole number of record sets, 0 or more")


def _exposure(given: Value) -> Exposure:
    try:
        return Exposure.parse(str(given.value))
    except ValueError as error:
        raise SettingError(f"{given.path}: {error}", field=given.path) from None

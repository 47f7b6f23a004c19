"""The stack settings under `sophia:`, each with its default; a wrong one is refused by name."""

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self

from sophia_infra import clock
from sophia_infra.advice.autonomy import MOST, Bounds
from sophia_infra.advice.model import Autonomy
from sophia_infra.changes import Exposure, Limits, overrides
from sophia_infra.changes.overrides import Override
from sophia_infra.credentials import CONFIGURED, MODEL, Credentials, is_reference
from sophia_infra.errors import SophiaError
from sophia_infra.journal import Journal
from sophia_infra.values import Value, like

if TYPE_CHECKING:
    from sophia_infra.advice.approvals_file import Entry as Approved
    from sophia_infra.advice.claude.spec import ClaudeSpec

NAMESPACE = "sophia"
LIMITS = tuple(limit.name for limit in fields(Limits) if limit.name != "allow")
"""The limits that a stack or a zone may set: what is accepted for a while is an override."""
_NAMES = (
    "autonomy",
    "autonomyLimits",
    "approvals",
    "limits",
    "overrides",
    "probe",
    "resolver",
    "advisor",
    "understanding",
    "claude",
    "agent",
)
JOURNAL = "journal"
_SETTINGS = (*_NAMES, JOURNAL)
OF_PEOPLE = tuple(name for name in _SETTINGS if name != "probe")
"""The settings that bound what is done, say who judges it, or where it is recorded: people alone set them."""
_CREDENTIALS = tuple(key for key, _ in CONFIGURED)
_MISTAKEN = ("sophia-infra", "sophia_infra", "sofia", "sophie", "Sophia")
"""What people take for the namespace; each may be that of somebody's project as well."""
_ALIKE, _CLOSE = 0.6, 0.8
"""How much alike two names must be for one to be taken for the other; a secret key, which may be a backend's own."""
_RESOLVER = re.compile(r"([^:\[\]]+|\[[^\[\]]+\]):(\d+)").fullmatch
NO_CAP = "none"
"""What stands for no absolute cap where null does not arrive: the engine drops it from a resource's inputs."""


_SHORTEST, _LONGEST = timedelta(seconds=10), timedelta(days=7)
"""How often the loop may look at a stack."""
ADVISOR, CLAUDE = "advisor", "claude"
ADVISORS = ("rules", CLAUDE)
READERS = ("intents", CLAUDE)


class SettingError(SophiaError):
    """A setting with a name or a value that is not allowed; the message says which ones are."""

    code = "setting"


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """How the agent runs (`sophia:agent`).

    Attributes:
        every: how often a stack is looked at, 10s to 7d.
        per_day: how much is proposed on a day (UTC) at most, 1 to 100.
        database: the `postgresql://` URL of what remembers where to go on, for loops on several machines, or a
            reference to it; empty for a file of the project.
        redis: the `redis://` URL by which loops wake each other, or a reference to it; empty for none.
        propagation: how long name servers may take until they serve a change, 0s to 7d; None for what fits the backend.
    """

    every: timedelta = timedelta(minutes=15)
    per_day: int = 10
    database: str = field(default="", repr=False)
    redis: str = field(default="", repr=False)
    propagation: timedelta | None = None

    @classmethod
    def from_value(cls, given: Value) -> Self:
        """Read `sophia:agent`: any of the attributes. A wrong one is refused by its path; a URL is not shown."""
        return cls(
            **given.read(
                {
                    "every": lambda value: value.length(_SHORTEST, _LONGEST),
                    "per_day": lambda value: value.whole(1, MOST, f"give a whole number of proposals from 1 to {MOST}"),
                    "database": lambda value: _url(value, "postgresql://"),
                    "redis": lambda value: _url(value, "redis://", "rediss://"),
                    "propagation": lambda value: value.length(timedelta(), _LONGEST),
                }
            )
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """What a stack may set.

    Attributes:
        autonomy: what may be done with proposed edits (`sophia:autonomy`), default `suggest`.
        limits: the stack's limits for one apply (`sophia:limits`, an object), default as `Limits`.
        overrides: exposure that is accepted for a while (`sophia:overrides`, a list), default none; docs/limits.md.
        probe: whether the targets of pools are probed, and those of ALIAS looked up (`sophia:probe`), default `on`.
        resolver: the resolvers to ask, address and port (`sophia:resolver`), default those of the machine.
        claude: the model that advises beside the rules (`sophia:advisor: claude`, `sophia:claude`), default none.
        understanding: the model that reads what the agent can't (`sophia:understanding: claude`), default none.
        approvals: the entries of the file of approvals (`sophia:approvals`, its path from the project), default none.
        agent: how the agent runs (`sophia:agent`, an object), default as `LoopSettings`.
        bounds: what the level `limited` may apply by itself (`sophia:autonomyLimits`, an object), default as `Bounds`.
    """

    autonomy: Autonomy = Autonomy.SUGGEST
    limits: Limits = field(default_factory=Limits)
    overrides: tuple[Override, ...] = ()
    probe: bool = True
    resolver: tuple[tuple[str, int], ...] = ()
    claude: "ClaudeSpec | None" = None
    understanding: "ClaudeSpec | None" = None
    bounds: Bounds = field(default_factory=Bounds)
    approvals: tuple["Approved", ...] = ()
    agent: LoopSettings = field(default_factory=LoopSettings)


def read(get: Callable[[str], str | None]) -> Settings:
    """Read the settings; `get` looks up one full key, such as `sophia:autonomy`, and returns its text.

    Raises:
        SettingError, OverrideError: a value is not allowed.
    """
    chosen: dict[str, Any] = {}
    given = {name: Value(f"{NAMESPACE}:{name}", get(f"{NAMESPACE}:{name}"), SettingError) for name in _NAMES}
    autonomy, bounds, approvals, limits, accepted, probe, resolver, advisor, understanding, claude, loop = (
        given.values()
    )
    if autonomy.value is not None:
        chosen["autonomy"] = Autonomy(autonomy.word(list(Autonomy)))
    if bounds.value is not None:
        chosen["bounds"] = Bounds.from_value(replace(bounds, value=_object(bounds, "per_day 5")))
    if approvals.value is not None:
        from sophia_infra.advice import approvals_file  # few stacks have one

        named = approvals.text("give the path of a file, such as approvals.yaml", fits=str.strip)
        chosen["approvals"] = approvals_file.read(named)
    if limits.value is not None:
        chosen["limits"] = limits_from(_object(limits), limits.path)
    if accepted.value is not None:
        chosen["overrides"] = overrides.read(_json(accepted.value), accepted.path, clock.now(), of_stack=True)
    if probe.value is not None:
        chosen["probe"] = probe.word(("on", "off"), "give on or off") == "on"
    if resolver.value is not None:
        chosen["resolver"] = tuple(_server(resolver, text) for text in resolver.text().replace(",", " ").split())
    chosen |= _models(advisor, understanding, claude, get)
    if loop.value is not None:
        chosen["agent"] = LoopSettings.from_value(replace(loop, value=_object(loop, "every 15m")))
    return Settings(**chosen)


def _models(advisor: Value, understanding: Value, claude: Value, get: Callable[[str], str | None]) -> dict[str, Any]:
    """Return the model of `sophia:claude` for each purpose that the stack asks for it."""
    asked = {
        "claude": advisor.value is not None and advisor.word(ADVISORS) == CLAUDE,
        "understanding": understanding.value is not None and understanding.word(READERS) == CLAUDE,
    }
    if not any(asked.values()):
        return {}
    from sophia_infra.advice.claude.spec import ClaudeSpec  # few stacks ask for it

    given = _object(claude, "max_calls 20") if claude.value is not None else {}
    spec = ClaudeSpec.from_value(replace(claude, value=given), partial(Credentials(get).get, *MODEL))
    return {name: spec for name, wanted in asked.items() if wanted}


def journal(get: Callable[[str], str | None]) -> Journal:
    """Return the journal that the stack names (`sophia:journal`: a folder, a file or a URL), else as `Journal.open`.

    Raises:
        SettingError: the setting is empty.
        CredentialError: it refers to nothing.
    """
    named = Value(f"{NAMESPACE}:{JOURNAL}", get(f"{NAMESPACE}:{JOURNAL}"), SettingError)
    if named.value == "":
        raise named.wrong("give a folder, a file or a postgresql:// URL, or remove it: pulumi config rm sophia:journal")
    return Journal.open(named.value, named.path)


def refuse_unknown(keys: Iterable[str], secret: Collection[str] = ()) -> None:
    """Refuse a key of the stack's configuration that is meant for this library and that nothing reads.

    Args:
        keys: the full keys of all the configuration, such as `sophia:autonomy` and `shop:domain`.
        secret: those that are secret. In our namespace one may be the credential of a backend of the user's own.

    Raises:
        SettingError: the first such key, with what was meant.
    """
    for key in sorted(keys):
        namespace, _, name = key.partition(":")
        if namespace == NAMESPACE:
            _refuse_unknown(key, name, key in secret)
        elif namespace in _MISTAKEN and _is_known(name):
            raise SettingError(f"{key} is read by nothing; did you mean {NAMESPACE}:{name}?", field=key)


def is_credential(key: str) -> bool:
    """Return whether a full key, such as `sophia:tsigSecret-inside`, is that of a credential."""
    namespace, _, name = key.partition(":")
    return namespace == NAMESPACE and name.partition("-")[0] in _CREDENTIALS


def _is_known(name: str) -> bool:
    credential, dash, which = name.partition("-")
    return name in _SETTINGS or (credential in _CREDENTIALS and bool(which) == bool(dash))


def _refuse_unknown(key: str, name: str, is_secret: bool) -> None:
    known = (*_SETTINGS, *_CREDENTIALS)
    head, dot, member = name.partition(".")
    close = like(head.partition("-")[0], known, _CLOSE if is_secret else _ALIKE)
    if _is_known(name) or (is_secret and not close):
        return
    hint = f"; did you mean {NAMESPACE}:{close}?" if close else ""
    if close and dot:  # without --path, `pulumi config set sophia:limits.floor 5` makes one key of it all
        hint = f"; did you mean: pulumi config set --path {NAMESPACE}:{close}.{member}?"
    listed = ", ".join(known)
    raise SettingError(
        f"{key} is no setting; known are {listed}{hint} (pulumi config rm '{key}' removes it)", field=key
    )


def limits_from(given: Mapping[str, Any], where: str, base: Limits | None = None) -> Limits:
    """Return `base` (default: the documented defaults) with the limits that a mapping names.

    Raises:
        SettingError: a limit is not known, or its value is out of range. `where` says what to mend.
    """
    limits = Value(where, given, SettingError).members(LIMITS, "limit")
    return replace(base or Limits(), **{name: _limit(name, limits.get(name)) for name in given})


def _server(given: Value, text: str) -> tuple[str, int]:
    """Read `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53` or `[2001:db8::53]:5353`."""
    with_port = _RESOLVER(text)
    host, port = with_port.groups() if with_port else (text, "53")
    try:
        address = str(ip_address(host[1:-1] if with_port and host.startswith("[") else host))
    except ValueError:
        address = ""
    if not address or not 0 < int(port) < 65_536:
        raise given.wrong("give addresses of resolvers, such as 192.0.2.53 or [2001:db8::53]:5353")
    return address, int(port)


def _url(given: Value, *schemes: str) -> str:
    text = given.value if isinstance(given.value, str) else ""
    if not is_reference(text) and not text.startswith(schemes):
        told = f"{given.path} is no URL that begins {schemes[0]}, and no reference to one, such as env:NAME"
        raise SettingError(told, field=given.path)
    return text


def _object(given: Value, example: str = "max_deletes 5") -> Mapping[str, Any]:
    way_out = f"give an object, set one with: pulumi config set --path {given.path}.{example}"
    return replace(given, value=_json(given.value)).mapping(way_out)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _limit(name: str, given: Value) -> Any:
    if name == "max_exposure":
        way_out = f"known are {', '.join(map(str, Exposure))}"
        return Exposure.parse(given.text(way_out, fits=lambda word: word.upper() in Exposure.__members__))
    if name in ("max_deletes", "max_updates") and given.value in (None, NO_CAP):
        return None
    given.number(way_out="give a number")
    if name.endswith(("_share", "_shrink")):
        return given.number(0, 1, "give a share from 0 to 1, such as 0.25")
    return given.whole(0, math.inf, "give a whole number of record sets, 0 or more")

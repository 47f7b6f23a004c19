"""One line in a program that limits what a run may do to the whole stack, deletes included."""

import asyncio
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import fields
from threading import Lock
from typing import TYPE_CHECKING, Any, Never

import grpc
import pulumi
from pulumi.runtime import get_root_resource, register_stack_transformation
from pulumi.runtime.config import get_config
from pulumi.runtime.settings import get_monitor

from sophia_infra.guard.callbacks import Callbacks
from sophia_infra.guard.tally import OVERRIDE, Caps, GuardError, Tally, wrong
from sophia_infra.values import is_list, known_are, shown

if TYPE_CHECKING:
    from sophia_infra.guard.stops import Stops

DEFAULTS = Caps()
_ARGUMENTS = (*(limit.name for limit in fields(Caps)), "protect")

# Each run of a program talks to a monitor of its own; its callbacks live as long as that does.
_guarded: weakref.WeakKeyDictionary[Any, Callbacks] = weakref.WeakKeyDictionary()


class BlastRadius:
    """Limits how many of the stack's resources, of any provider, one run may create, update, replace and delete.

    Put it above the first resource: what the engine was told of before goes unguarded. A preview beyond a limit
    fails, so `pulumi up` changes nothing; `up --skip-preview` refuses each operation from the first one beyond
    it, and the run after that may delete nothing by itself. `pulumi destroy` is limited too, and needs
    `--run-program`. docs/limits.md lists what no guard can see.

    `SOPHIA_BLAST_RADIUS="max_deletes=20 max_updates=none"` in the environment changes the numbers, never
    `protect`, for one run; the run says so.

    Args:
        max_creates: new objects, the new halves of replacements included; None, the default, for no limit.
        max_updates: resources changed in place; 100 by default.
        max_replaces: resources replaced by a new object; 5 by default.
        max_deletes: resources deleted and not replaced; 5 by default.
        max_exposure: none, low, medium, high or critical: the most that may hang on what leaves with a zone, a
            certificate or a key of this library that is deleted; `high` by default.
        protect: globs over URN, type and name of resources that may be neither deleted nor replaced.

    Raises:
        GuardError: a limit or a value that is not allowed, a second guard in the program, or an engine that knows no
            hooks.
    """

    def __init__(
        self,
        *unnamed: Never,
        max_creates: int | None = DEFAULTS.max_creates,
        max_updates: int | None = DEFAULTS.max_updates,
        max_replaces: int | None = DEFAULTS.max_replaces,
        max_deletes: int | None = DEFAULTS.max_deletes,
        max_exposure: str = str(DEFAULTS.max_exposure),
        protect: Sequence[str] = (),
        **unknown: Never,
    ) -> None:
        if unnamed:  # Python would not say what is known
            told = f"{shown(unnamed[0])} is given without a name; write it as max_deletes=5"
            raise GuardError(f"BlastRadius: {told}; {known_are('', _ARGUMENTS)}")
        for name in unknown:
            raise GuardError(f"BlastRadius: {name} is no limit; {known_are(name, _ARGUMENTS)}", field=name)
        written = Caps(max_creates, max_updates, max_replaces, max_deletes, Caps.ceiling(max_exposure, "max_exposure"))
        self._tally = Tally(written.overridden(), _patterns(protect))
        self._counting = Lock()
        self._stops: Stops | None = None
        self._stack = _stops_of(self._tally.caps)
        self._registering: set[asyncio.Task[None]] = set()
        _serve(self)
        if self._tally.caps != written:
            pulumi.warn(f"BlastRadius: {OVERRIDE} sets the limits of this run to {self._tally.caps}")
        if get_root_resource() is not None:
            register_stack_transformation(self._follow)

    def count(self, operation: str, urn: str) -> bool:
        """Count an operation that the engine announces; raises `GuardError` to refuse it. Thread-safe.

        Return whether a resource leaves for good by it.
        """
        with self._counting:
            if operation == "delete":
                # The engine deletes for good only after the program has registered everything: what it
                # deletes earlier makes room for a new object.
                return self._delete(urn)
            if operation == "update":
                self._tally.update(urn)
            else:
                self._tally.create(urn)
            return False

    def _delete(self, urn: str) -> bool:
        if self._stops is None and self._tally.caps.max_deletes:
            self._stops = self._stack()
            self._tally.spent = self._stops.spent()
        try:
            return self._tally.delete(urn, replacing=bool(self._registering))
        except GuardError as refused:
            if self._stops and refused.field == "max_deletes":
                self._stops.note(urn)
            raise

    def weigh(self, type_: str, outputs: Any) -> None:
        """Weigh a resource that leaves, by what it holds; raises `SophiaError` to refuse it. Thread-safe."""
        from sophia_infra.guard import departures  # a run in which nothing leaves needs none of it

        departures.refuse(type_, outputs, self._tally.caps.max_exposure)

    def _follow(self, args: pulumi.ResourceTransformationArgs) -> None:
        task = asyncio.ensure_future(_registered(args.resource))
        self._registering.add(task)
        task.add_done_callback(self._registering.discard)


async def _registered(resource: pulumi.Resource) -> None:
    """Wait until the engine has dealt with a resource; if that fails, the SDK is the one to report it."""
    with suppress(Exception):
        await resource.urn.future()


def _stops_of(caps: Caps) -> Callable[[], "Stops"]:
    """Return what makes this stack's memory of stops, in any thread: a run that deletes nothing needs no journal."""
    stack, applies = f"{pulumi.get_project()}/{pulumi.get_stack()}", not pulumi.runtime.is_dry_run()

    def stops() -> "Stops":
        from sophia_infra import settings
        from sophia_infra.guard.stops import Stops

        return Stops(lambda: settings.journal(get_config), stack, caps.max_deletes, applies)

    return stops


def _serve(guard: BlastRadius) -> None:
    monitor = get_monitor()
    if monitor is None:
        raise GuardError("BlastRadius: no engine to guard; run the program with `pulumi preview` or `pulumi up`")
    if monitor in _guarded:
        raise GuardError("BlastRadius: the program has one already; put all limits into the first", code="second-guard")
    try:
        _guarded[monitor] = Callbacks(monitor, guard.count, guard.weigh)
    except grpc.RpcError as error:
        raise GuardError(f"BlastRadius: the engine takes no hooks; use Pulumi 3.259 or newer ({error})") from None


def _patterns(protect: Sequence[str]) -> tuple[str, ...]:
    if not is_list(protect) or not all(isinstance(glob, str) and glob for glob in protect):
        raise wrong("protect", protect, "use a list of globs such as ['*Database*']")
    return tuple(protect)

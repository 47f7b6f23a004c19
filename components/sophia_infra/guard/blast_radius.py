"""One line in a program that limits what a run may do to the whole stack, deletes included."""

import asyncio
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pulumi
from pulumi.runtime import get_root_resource, register_resource_transform, register_stack_transformation
from pulumi.runtime.settings import get_monitor

from sophia_infra.guard.tally import OVERRIDE, Caps, GuardError, Tally

# Hook names are stored with every resource in users' state and looked up when it is deleted: keep them for life.
CREATE, UPDATE, DELETE = (f"sophia:blast-radius:{operation}" for operation in ("create", "update", "delete"))
DEFAULTS = Caps()

# Each run of a program talks to a monitor of its own.
_guarded: weakref.WeakSet[Any] = weakref.WeakSet()


class BlastRadius:
    """Limits how many of the stack's resources, of any provider, one run may create, update, replace and delete.

    It must stand above the first resource: what is declared above it goes unguarded. A preview beyond a limit
    fails, so `pulumi up` changes nothing; `up --skip-preview` refuses each operation from the first one beyond
    it. `pulumi destroy` is limited too, and needs `--run-program`. docs/limits.md lists what no guard can see.

    `SOPHIA_BLAST_RADIUS="max_deletes=20 max_updates=none"` in the environment changes the numbers, never
    `protect`, for one run; the run says so.

    Args:
        max_creates: new objects, the new halves of replacements included; None, the default, for no limit.
        max_updates: resources changed in place; 100 by default.
        max_replaces: resources replaced by a new object; 5 by default.
        max_deletes: resources deleted and not replaced; 5 by default.
        protect: globs over URN, type and name of resources that may be neither deleted nor replaced.

    Raises:
        GuardError: a value that is not allowed, or a second guard in the program.
    """

    def __init__(
        self,
        *,
        max_creates: int | None = DEFAULTS.max_creates,
        max_updates: int | None = DEFAULTS.max_updates,
        max_replaces: int | None = DEFAULTS.max_replaces,
        max_deletes: int | None = DEFAULTS.max_deletes,
        protect: Sequence[str] = (),
    ) -> None:
        written = Caps(max_creates, max_updates, max_replaces, max_deletes)
        self._tally = Tally(written.overridden(), _patterns(protect))
        if self._tally.caps != written:
            pulumi.warn(f"BlastRadius: {OVERRIDE} sets the limits of this run to {self._tally.caps}")
        self._registering: set[asyncio.Task[None]] = set()
        _claim()
        self._hooks = pulumi.ResourceHookBinding(
            before_create=[_hook(CREATE, lambda args: self._tally.create(args.urn))],
            before_update=[_hook(UPDATE, lambda args: self._tally.update(args.urn))],
            before_delete=[_hook(DELETE, self._before_delete)],
        )
        # A unit test may have mocks and no stack; the transform alone serves there.
        if get_root_resource() is not None:
            register_stack_transformation(self._bind)
        register_resource_transform(self._bind_remote)

    def _bind(self, args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        """Bind the hooks in the program itself, where no option of the resource is lost on the way."""
        task = asyncio.ensure_future(_registered(args.resource))
        self._registering.add(task)
        task.add_done_callback(self._registering.discard)
        if not _has_objects(args.resource):
            return None
        hooks = pulumi.ResourceOptions(hooks=self._hooks)
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, hooks))

    def _bind_remote(self, args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        """Bind the hooks to what a remote component makes in its own process; only the engine sees that."""
        bound = args.opts.hooks and any(hook.name == DELETE for hook in args.opts.hooks.before_delete or ())
        if bound or not args.custom or args.type_.startswith("pulumi:providers:"):
            return None
        args.opts.hooks = pulumi.ResourceHookBinding.merge(args.opts.hooks, self._hooks)
        return pulumi.ResourceTransformResult(args.props, args.opts)

    def _before_delete(self, args: pulumi.ResourceHookArgs) -> None:
        # The engine deletes for good only after the program has registered everything: what it deletes
        # earlier makes room for a new object.
        self._tally.delete(args.urn, replacing=bool(self._registering))


def _claim() -> None:
    monitor = get_monitor()
    if monitor in _guarded:
        raise GuardError("BlastRadius: the program has one already; put all limits into the first")
    _guarded.add(monitor)


def _hook(name: str, count: Callable[[pulumi.ResourceHookArgs], None]) -> pulumi.ResourceHook:
    return pulumi.ResourceHook(name, count, pulumi.ResourceHookOptions(on_dry_run=True))


async def _registered(resource: pulumi.Resource) -> None:
    """Wait until the engine has dealt with a resource; if that fails, the SDK is the one to report it."""
    with suppress(Exception):
        await resource.urn.future()


def _has_objects(resource: pulumi.Resource) -> bool:
    """Say whether something outside the program stands behind a resource; components and providers have nothing."""
    return isinstance(resource, pulumi.CustomResource) and not isinstance(resource, pulumi.ProviderResource)


def _patterns(protect: Sequence[str]) -> tuple[str, ...]:
    if isinstance(protect, str) or not all(isinstance(one, str) and one for one in protect):
        raise GuardError(f"BlastRadius: protect is {protect!r}; use a list of globs such as ['*Database*']")
    return tuple(protect)

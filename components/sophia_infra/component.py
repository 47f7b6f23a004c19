"""What every component of ours asks of the program: settings that something reads, and options that do something."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pulumi
from pulumi.output import contains_unknowns
from pulumi.runtime import config

from sophia_infra import clock
from sophia_infra.changes.overrides import THIS_RUN
from sophia_infra.engine_run import checks_all, engine_run
from sophia_infra.errors import SophiaError
from sophia_infra.settings import ADVISOR, CLAUDE, NAMESPACE, refuse_unknown
from sophia_infra.values import Value, known_are

log = logging.getLogger(__name__)
HIDDEN = ("changes", "advice")
"""Inputs whose former values no preview compares with those of this run: they tell of another plan."""
_WITHOUT_EFFECT = (
    "additional_secret_outputs",
    "custom_timeouts",
    "delete_before_replace",
    "hide_diffs",
    "ignore_changes",
    "import_",
    "plugin_download_url",
    "replace_on_changes",
    "replace_with",
    "replacement_trigger",
    "version",
)
"""What the engine keeps of a component and does not hand on to the resources in it (pulumi/pulumi#9704)."""
_FLAGS = ("protect", "retain_on_delete")
"""Options that hold for the resources in a component, and that the SDK takes as they are."""
_CARRIED = (str, int, float, NoneType, Awaitable, pulumi.Output, pulumi.Resource)
_INSTEAD = {
    "ignore_changes": "leave records to others by the argument ignore of a zone",
    "import_": "a zone adopts what is live by itself",
}


T = TypeVar("T")
if TYPE_CHECKING:
    Choice = pulumi.Input[T] | pulumi.Input[str]
else:
    Choice = pulumi.Input  # the SDK's reader of arguments takes no union
"""An argument that is one of an enumeration, or its word as a text."""


class OptionError(SophiaError):
    """A resource option that would do nothing on a component."""

    code = "option"


def quiet(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return the options of a resource that plans, so that its preview shows no plan of former runs."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(hide_diffs=list(HIDDEN)))


def once_applied(value: pulumi.Output[T], applied: pulumi.Output[Any]) -> pulumi.Output[T]:
    """Return an output that is known once `applied` is, so that a stack which exports it previews it only once."""
    return applied.apply(lambda _: value)


def when_asked(how: Callable[[Any], T]) -> T:
    """Return an attribute of a component that `how` makes of it once a program asks for it: each output costs time."""
    return cast("T", cached_property(how))


def begin_registering() -> None:
    """Let the SDK begin to register what the program has made so far: the first component of a program does.

    At a program's end the SDK waits for one registration after the other, where any has begun. Where none has, it goes
    through all open outputs each time that some resolve: of 400 zones that took 10 s of processor time. Programs that
    invoke a function have it begin as well.
    """
    if program := pulumi.runtime.get_root_resource():
        _begun(program)


@contextmanager
def opening(component: str, name: str) -> Iterator[None]:
    """Begin to register a component; what it refuses in the block ends the program with its name and one line."""
    begin_registering()
    try:
        yield
    except SophiaError as error:
        raise pulumi.RunError(f"{component} {name!r}: {error}") from None


def if_known(value: Any) -> Any:
    """Return an output of a resource inside, None where it is not known: at a preview that would hide others.

    For example, the next key is not known before the apply, and the key in use is.
    """
    return None if contains_unknowns(value) else value


@lru_cache(maxsize=1)
def _begun(_program: pulumi.Resource) -> None:
    """Turn the loop of a program once."""
    with suppress(ImportError):  # the SDK keeps it to itself: without it all is as it was, and takes longer
        from pulumi.runtime.sync_await import _sync_await

        _sync_await(asyncio.sleep(0))


def refuse_unfit(opts: pulumi.ResourceOptions | None) -> None:
    """Refuse what would do nothing, an option or a key of the stack's configuration, and an apply by a moved clock.

    What the engine hands on to the resources in a component passes: `protect`, `retain_on_delete`, `deleted_with`,
    `aliases`, `depends_on`, `providers`, `transforms`, `transformations`, `hooks` and `parent`.

    Raises:
        OptionError: an option that is given has no effect, or is an output where it must be known.
        SettingError: see `settings.refuse_unknown`.
        MovedError: this is an apply, and SOPHIA_NOW moves the clock.
    """
    if not pulumi.runtime.is_dry_run():
        clock.refuse_moved()
    for option in _WITHOUT_EFFECT:
        if _asks(getattr(opts, option, None)):
            instead = f"; {_INSTEAD[option]}" if option in _INSTEAD else ""
            raise OptionError(
                f"the option {option} does nothing on a component; take it out{instead} (docs/settings.md)",
                field=option,
            )
    for option in _FLAGS:
        given = Value(option, getattr(opts, option, None), OptionError)
        if given.value is not None:
            given.flag()
    keys = {*config.CONFIG.get(), *config.get_config_env()}
    refuse_unknown(keys, {key for key in keys if config.is_config_secret(key)})


def asks_ahead() -> bool:
    """Whether components have the stack's model asked before the engine checks them: all at once, and at preview.

    Where that is not so, nothing of a model is loaded.
    """
    is_asked = config.get_config(f"{NAMESPACE}:{ADVISOR}") == CLAUDE and pulumi.runtime.is_dry_run()
    return is_asked and engine_run() is not None and checks_all()


async def at_most(seconds: float, work: Callable[[], None]) -> None:
    """Return once some work is done by a thread, and after so many seconds at the latest; what fails is left to others.

    The thread ends with the process: no program waits for it longer than that.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            work()
        except Exception as error:
            log.debug("nothing is asked ahead: %s", error)
        finally:
            with suppress(RuntimeError):  # the program has ended, and its loop
                loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    with suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), seconds)


def note(kind: str, given: pulumi.Input[Any], name_of: Callable[[Any], str] = str) -> None:
    """Note a resource of the program (`zone`, `shop.example`): what SOPHIA_ACCEPT has for none of them is told.

    Its name is read from what is given once that is known; one that can't be read is for `check` to refuse.
    """
    if not os.environ.get(THIS_RUN):
        return
    from sophia_infra.advised import program  # most runs accept nothing, and load none of it

    def noted(found: Any) -> None:
        with suppress(ValueError, TypeError, LookupError, AttributeError):
            program.note(kind, name_of(found))

    pulumi.Output.from_input(given).apply(noted)


def refuse_unknown_arguments(args: Mapping[str, Any], known: type, error: type[SophiaError]) -> None:
    """Refuse with `error` arguments that are no mapping, and one that is none of those that the TypedDict has."""
    if not isinstance(args, Mapping):
        raise Value("args", args, error).wrong("give a mapping of arguments")
    names = list(known.__annotations__)
    for name in sorted(map(str, args.keys() - set(names))):
        raise error(f"{name!r} is no argument; {known_are(name, names)}", field=name)


def refuse_foreign(path: str, value: Any, error: type[SophiaError]) -> None:
    """Refuse with `error` what no input of a resource can carry, such as a timedelta, at its path."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            refuse_foreign(f"{path}.{key}" if path else str(key), member, error)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            refuse_foreign(f"{path}[{index}]", item, error)
    elif not isinstance(value, _CARRIED):
        raise Value(path, value, error).wrong("give a text, a number, a list or a mapping")


def _asks(value: Any) -> bool:
    if isinstance(value, pulumi.CustomTimeouts):
        return bool(value.create or value.update or value.delete)
    return value not in (None, False, "", [])

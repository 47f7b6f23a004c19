"""What the guard answers to the engine, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import callback_pb2, resource_pb2

from sophia_infra.guard.callbacks import BIND, COUNT, HOOK, Callbacks
from sophia_infra.guard.tally import GuardError

URN = "urn:pulumi:prod::shop::pkg:index:Item::item"


class Monitor:
    """The engine's side: keeps what is registered."""

    def __init__(self) -> None:
        self.hooks: list[Any] = []
        self.transforms: list[Any] = []

    def RegisterResourceHook(self, request: Any) -> None:  # noqa: N802  # the protocol's name
        self.hooks.append(request)

    def RegisterStackTransform(self, callback: Any) -> None:  # noqa: N802  # the protocol's name
        self.transforms.append(callback)


@pytest.fixture
def counted() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def weighed() -> list[str]:
    return []


@pytest.fixture
def callbacks(counted: list[tuple[str, str]], weighed: list[str]) -> Callbacks:
    def count(operation: str, urn: str) -> bool:
        if urn.endswith("refused"):
            raise GuardError("no more")
        counted.append((operation, urn))
        return operation == "delete"

    return Callbacks(Monitor(), count, lambda type_, outputs: weighed.append(type_))


def ask(callbacks: Callbacks, token: str, request: Any) -> bytes:
    call = callback_pb2.CallbackInvokeRequest(token=token, request=request.SerializeToString())
    response: bytes = callbacks.Invoke(call, None).response
    return response


def bound(callbacks: Callbacks, **request: Any) -> Any:
    answer = ask(callbacks, BIND, resource_pb2.TransformRequest(**request))
    return resource_pb2.TransformResponse.FromString(answer)


def test_the_hook_runs_at_preview_under_a_name_that_never_changes() -> None:
    monitor = Monitor()
    Callbacks(monitor, lambda operation, urn: False, lambda type_, outputs: None)
    [hook], [transform] = monitor.hooks, monitor.transforms
    assert (hook.name, hook.on_dry_run, hook.ignore_errors) == ("sophia:guard", True, False)
    assert hook.callback.target == transform.target


def test_a_resource_gets_the_hook_and_keeps_every_option(callbacks: Callbacks) -> None:
    options = resource_pb2.TransformResourceOptions(
        hide_diff=["text"],
        replace_with=[URN],
        delete_before_replace=False,
        plugin_checksums={"linux": b"sum"},
        hooks=resource_pb2.RegisterResourceRequest.ResourceHooksBinding(before_delete=["theirs"]),
    )
    answer = bound(callbacks, custom=True, type="pkg:index:Item", options=options)
    assert list(answer.options.hooks.before_delete) == ["theirs", HOOK]
    assert list(answer.options.hooks.before_create) == list(answer.options.hooks.before_update) == [HOOK]
    answer.options.ClearField("hooks")
    options.ClearField("hooks")
    assert answer.options == options
    assert answer.options.HasField("delete_before_replace")


def test_a_resources_properties_are_left_alone(callbacks: Callbacks) -> None:
    assert not bound(callbacks, custom=True, type="pkg:index:Item").HasField("properties")


@pytest.mark.parametrize(("custom", "type_"), [(False, "my:index:Group"), (True, "pulumi:providers:aws")])
def test_components_and_providers_get_no_hook(callbacks: Callbacks, custom: bool, type_: str) -> None:
    answer = bound(callbacks, custom=custom, type=type_)
    assert not answer.options.HasField("hooks")


@pytest.mark.parametrize(
    ("old", "new", "operation"), [(False, True, "create"), (True, True, "update"), (True, False, "delete")]
)
def test_each_operation_is_told_by_the_options_that_come_with_it(
    callbacks: Callbacks, counted: list[tuple[str, str]], old: bool, new: bool, operation: str
) -> None:
    options = resource_pb2.ResourceOptions()
    request = resource_pb2.ResourceHookRequest(
        urn=URN, old_options=options if old else None, new_options=options if new else None
    )
    assert ask(callbacks, COUNT, request) == b""
    assert counted == [(operation, URN)]


def test_what_leaves_is_weighed(callbacks: Callbacks, weighed: list[str]) -> None:
    options = resource_pb2.ResourceOptions()
    for new in (options, None):
        call = resource_pb2.ResourceHookRequest(urn=URN, type="a:b:C", old_options=options, new_options=new)
        ask(callbacks, COUNT, call)
    assert weighed == ["a:b:C"]


def test_a_refusal_goes_back_as_an_error(callbacks: Callbacks) -> None:
    answer = ask(callbacks, COUNT, resource_pb2.ResourceHookRequest(urn="refused"))
    assert resource_pb2.ResourceHookResponse.FromString(answer).error == "no more"


def test_a_call_that_nobody_understands_fails(callbacks: Callbacks) -> None:
    with pytest.raises(KeyError):
        ask(callbacks, "other", resource_pb2.ResourceHookRequest())

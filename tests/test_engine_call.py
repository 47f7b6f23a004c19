from unittest.mock import create_autospec

import grpc
import pytest

from sophia_infra.engine_call import plainly
from sophia_infra.errors import SophiaError


@plainly
def create(fault: Exception | None) -> str:
    if fault:
        raise fault
    return "made"


def serve(context: grpc.ServicerContext, fault: Exception | None) -> str:
    """Answer a call as the SDK does: the context stays here."""
    assert context
    return create(fault)


@pytest.fixture
def call() -> grpc.ServicerContext:
    return create_autospec(grpc.ServicerContext, instance=True)


def test_an_expected_failure_ends_the_call_with_its_message(call: grpc.ServicerContext) -> None:
    serve(call, SophiaError("the zone moved"))
    call.set_code.assert_called_once_with(grpc.StatusCode.UNKNOWN)
    call.set_details.assert_called_once_with("the zone moved")


def test_what_goes_well_and_what_is_a_bug_pass_untouched(call: grpc.ServicerContext) -> None:
    assert serve(call, None) == "made"
    with pytest.raises(ZeroDivisionError):
        serve(call, ZeroDivisionError())
    assert not call.method_calls


def test_where_no_call_is_answered_the_failure_is_raised_without_what_led_to_it() -> None:
    failure = SophiaError("the zone moved")
    with pytest.raises(SophiaError) as raised:
        create(failure)
    assert raised.value is failure
    assert raised.value.__suppress_context__

"""What a pack makes of its configuration; that the engine stops by it is shown in tests/engine/test_limits.py."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from policies.blast_radius.rules import POLICIES
from sophia_policy_kit import pack
from tests.policies.resource import settings

KNOWN = {policy.name: [*settings(policy)] for policy in POLICIES}


class Servicer:
    """The SDK's, as far as it is guarded."""

    def GetAnalyzerInfo(self, request: Any, context: Any) -> str:  # noqa: N802  # the protocol's name
        return "info"

    def Configure(self, request: Any, context: Any) -> str:  # noqa: N802
        return "taken"


@pytest.fixture
def servicer(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pack, "DELIVERY", 0.0)
    monkeypatch.setenv("PULUMI_STACK", "test")
    found = Servicer()
    pack.guard(found, "blast", KNOWN)
    return found


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ({"deletes": ["maxDeletes", "ignoreTypes"], "advice": [], "all": []}, ""),
        (
            {"delete": []},
            "delete is no policy; known are deletes, updates, exposure-ceiling, source-shrink, protected-names, "
            "blocking-advice, autonomy-ceiling, advice; did you mean deletes?",
        ),
        (
            {"deletes": ["maxDelete"]},
            "deletes.maxDelete is no setting; known are maxDeletes, maxDeleteShare, floor, ignoreTypes; did you mean "
            "maxDeletes?",
        ),
        ({"all": ["floor"]}, "all takes an enforcement level, and no settings (floor); name the policy"),
    ],
)
def test_a_configuration_names_what_the_pack_has(configured: dict[str, list[str]], told: str) -> None:
    assert pack.refusal(configured, KNOWN) == told


class Context:
    """A call that ends where it is aborted."""

    def abort(self, code: Any, details: str) -> None:
        raise ValueError(details)


def test_a_configuration_that_names_what_is_not_there_is_not_taken(servicer: Any) -> None:
    configured = {"delete": analyzer_pb2.PolicyConfig()}
    with pytest.raises(ValueError, match="delete is no policy; known are deletes"):
        servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configured), Context())


def test_a_pack_that_was_given_no_configuration_says_at_its_end_which_policies_it_has(
    servicer: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert servicer.GetAnalyzerInfo(None, None) == "info"
    servicer.Cancel(None, None)
    assert capsys.readouterr().err.startswith("blast was not configured; its policies are deletes, updates, ")


def test_a_pack_that_was_configured_or_is_in_no_stack_says_nothing(
    servicer: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    servicer.GetAnalyzerInfo(None, None)
    assert servicer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), None) == "taken"
    servicer.Cancel(None, None)
    monkeypatch.delenv("PULUMI_STACK")
    servicer.GetAnalyzerInfo(None, None)
    servicer.Cancel(None, None)
    assert capsys.readouterr().err == ""

"""The specialists: who is asked, what each may propose, and that one more is one file more."""

from pathlib import Path

import pytest

from sophia_infra.agent import specialists as room
from sophia_infra.agent.loop import detectors
from sophia_infra.agent.operations import OPERATIONS, Operation, Renew, Rotate, SetRecords, SetSetting
from sophia_infra.agent.runtime import Effect
from sophia_infra.agent.specialists import ForeignError, for_finding, for_intent, judged, refuse_foreign, specialists
from sophia_infra.agent.understanding import INTENTS, Kind, Understood, understand
from tests.agent.labelled import operations
from tests.agent.stack import STACK

ADDRESS = SetRecords("shop.example", "www", "A", ("192.0.2.5",))
COST = """\
# Cost: what the stack spends.
watches = ["spending"]
topics = ["costs"]
operations = ["set-setting"]
tool = "costs"
names = ["setting"]
"""


def test_every_topic_detector_and_operation_is_one_specialists() -> None:
    topics = [topic for each in specialists() for topic in each.topics]
    watched = [detector for each in specialists() for detector in each.watches]
    proposed = [operation for each in specialists() for operation in each.operations]
    assert sorted(topics) == sorted({intent.name.partition(".")[0] for intent in INTENTS} - {"agent"})
    assert sorted(watched) == sorted(detect.__name__ for detect in detectors.DETECTORS)
    assert sorted(proposed) == sorted(OPERATIONS)


@pytest.mark.parametrize("text", operations())
def test_a_wish_becomes_operations_of_its_specialist(text: str) -> None:
    found = understand(text, STACK)
    assert judged(found) is found


@pytest.mark.parametrize(
    ("intent", "detector", "name"),
    [
        ("records.set", "drift", "dns"),
        ("certificates.renew", "expiry", "certificates"),
        ("secrets.rotate", "secret_age", "secrets"),
    ],
)
def test_wishes_and_findings_go_to_their_specialist(intent: str, detector: str, name: str) -> None:
    for specialist in (for_intent(intent), for_finding(detector)):
        assert specialist
        assert specialist.name == name


@pytest.mark.parametrize(
    ("intent", "operation"),
    [
        ("records.set", Renew("web")),
        ("certificates.renew", ADDRESS),
        ("agent.status", ADDRESS),
        ("secrets.show", ADDRESS),
    ],
)
def test_an_operation_that_a_wishs_specialist_may_not_propose_is_refused(intent: str, operation: Operation) -> None:
    with pytest.raises(ForeignError) as caught:
        judged(Understood(Kind.CHANGE, intent, operations=(operation,)))
    assert (caught.value.code, caught.value.subject) == ("not-its-own", operation.op)


def test_each_of_several_wishes_is_held_to_its_own_specialist() -> None:
    found = understand("point www at 192.0.2.5 and renew web", STACK)
    assert [each.op for each in judged(found).operations] == ["set-records", "renew"]
    swapped = tuple(
        Understood(Kind.CHANGE, wish.intent, operations=other.operations)
        for wish, other in zip(found.wishes, found.wishes[::-1], strict=True)
    )
    with pytest.raises(ForeignError):
        judged(Understood(Kind.CHANGE, found.intent, wishes=swapped))


@pytest.mark.parametrize("detector", ["expiry", "nobody"])
def test_an_operation_that_nobody_may_propose_for_a_finding_is_refused(detector: str) -> None:
    with pytest.raises(ForeignError):
        refuse_foreign(detector, for_finding(detector), (Rotate("app-db"),))


def test_a_specialist_more_is_one_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cost.toml").write_text(COST)
    monkeypatch.setattr(room, "__path__", [*room.__path__, str(tmp_path)])
    assert "cost" in [each.name for each in specialists()]
    wanted = Understood(Kind.CHANGE, "costs.lower", operations=(SetSetting("shop:replicas", "1"),))
    assert judged(wanted) is wanted
    assert for_finding("spending") is for_intent("costs.lower")


def test_the_tools_of_specialists_only_read() -> None:
    tools = [each.lookup for each in specialists()]
    assert {tool.effect for tool in tools} == {Effect.READ}
    assert len({tool.name for tool in tools}) == len(tools) <= 12
    assert {tool.name: tool.on(STACK)({"like": "app-db"})[0] for tool in tools if tool.name == "secrets"} == {
        "secrets": "app-db"
    }

"""The vocabulary of operations: closed, and the same after a journey through JSON."""

import json
from typing import Any

import pytest

from sophia_infra.agent.operations import (
    OPERATIONS,
    AddRecords,
    ApproveEdit,
    Operation,
    RemoveRecords,
    Renew,
    Rotate,
    SetEnvironmentValue,
    SetRecords,
    SetSetting,
    SetTtl,
)
from tests.support.refusals import refused

from sophia_infra.agent.operations import OperationError  # isort: skip

EACH: list[Operation] = [
    SetRecords("shop.example", "www", "A", ("192.0.2.1", "192.0.2.2"), 300),
    AddRecords("shop.example", "@", "TXT", ('"v=spf1 -all"',)),
    RemoveRecords("shop.example", "old", "ANY"),
    SetTtl("shop.example", "@", "MX", 0),
    SetSetting("sophia:limits", {"max_deletes": 2}),
    SetEnvironmentValue("sophia/dev", "app.replicas", 3),
    Renew("web", reissue=True),
    Rotate("app-db"),
    ApproveEdit("7f3a", "@ TXT"),
]


def test_every_operation_has_a_case_here() -> None:
    assert {each.op for each in EACH} == set(OPERATIONS)


@pytest.mark.parametrize("operation", EACH, ids=lambda each: each.op)
def test_an_operation_comes_back_from_json_as_it_was(operation: Operation) -> None:
    body = json.loads(json.dumps(operation.to_body()))
    assert Operation.from_body(body) == operation
    assert next(iter(body)) == "op"


RENEW: dict[str, Any] = {"op": "renew", "certificate": "web"}
RECORDS: dict[str, Any] = {"op": "set-records", "zone": "a.example", "owner": "@", "rtype": "A", "values": ["::"]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("renew", "operation"),
        ({}, "operation.op"),
        ({**RENEW, "op": "exec"}, "operation.op"),
        ({**RENEW, "op": ["renew"]}, "operation.op"),
        ({**RENEW, "force": True}, "operation.force"),
        ({"op": "renew"}, "operation.certificate"),
        ({"op": "renew", "certificate": ""}, "operation.certificate"),
        ({**RENEW, "reissue": "yes"}, "operation.reissue"),
        ({**RECORDS, "values": []}, "operation.values"),
        ({**RECORDS, "values": "192.0.2.1"}, "operation.values"),
        ({**RECORDS, "values": ["192.0.2.1\n@ A 192.0.2.2"]}, "operation.values[0]"),
        ({**RECORDS, "ttl": -1}, "operation.ttl"),
        ({**RECORDS, "ttl": 1.5}, "operation.ttl"),
        ({**RECORDS, "op": "remove-records", "rtype": "ANY"}, "operation.values"),
    ],
)
def test_what_is_no_operation_is_refused_by_its_field(body: Any, field: str) -> None:
    with refused(OperationError, "operation", field=field):
        Operation.from_body(body)

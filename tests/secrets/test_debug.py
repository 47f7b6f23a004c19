"""The debug trail of a secret, from check to delete: which step decided what, and never its value."""

import logging

import pytest

from sophia_infra.secrets import material_resource
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from tests.secrets.stack import Stack

CANARY = "canary-4711-of-32-characters-or-more"


def test_the_trail_names_each_step_and_no_value(
    server: str, group: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(material_resource, "_random", lambda _length: CANARY)
    stack = Stack(server=server, group=group)
    with caplog.at_level(logging.DEBUG, logger="sophia_infra"):
        stack.up()
        stored = stack.stored["lifecycle"]
        SecretLifecycleProvider().delete(stored["id"], stored)
    told = "\n".join(record.getMessage() for record in caplog.records)
    steps = ["slot a has a value of generation 1"]
    for step in ("stage", "publish"):
        steps += [f"{step} of generation 1 against base", f"{step} is done"]
    for step in (*steps, "revoke of generation 1, for it leaves", "its logins have ended"):
        assert f"secret app-db: {step}" in told
    assert stack.stored["a"]["value"] == CANARY
    assert CANARY not in told

"""An environment in a program: its configuration, and references to it. tests/engine has its outputs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import config

from sophia_infra.credentials import CredentialError, resolve
from sophia_infra.esc import Environment, EscError, Value
from tests.esc.reference import ours


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pulumi, "get_project", lambda: "shop")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"shop:given": "by the stack", "sophia:autonomy": "full"}))
    yield
    config.set_all_config({}, [])


def configured(text: str) -> None:
    ours({"root": f"values: {{s: {{fn::secret: canary-s}}, pulumiConfig: {text}}}"}, "root").config()


def test_the_program_finds_what_the_environment_sets_and_the_stack_stands_above_it() -> None:
    configured("{given: other, port: 8080, 'shop:list': [1, {a: 1.10}], token: '${s}', both: ['${s}']}")
    found = pulumi.Config("shop")
    assert found.require("given") == "by the stack"
    assert found.require_int("port") == 8080
    assert found.require("list") == '[1,{"a":1.1}]'
    assert [config.is_config_secret(f"shop:{key}") for key in ("port", "token", "both")] == [False, True, True]


def test_what_providers_read_has_to_stand_in_the_configuration_of_the_stack() -> None:
    configured("{'sophia:autonomy': full}")
    for other in ("{'sophia:autonomy': suggest}", "{'aws:region': eu-west-1}"):
        with pytest.raises(EscError, match="sophia esc config root --stack dev") as refused:
            configured(other)
        assert refused.value.code == "esc-config"
        assert refused.value.field == other.split("'")[1]


def test_a_reference_may_pin_a_version_of_pulumi_cloud() -> None:
    for name in ("shop/dev@3", "acme/shop/dev"):
        found = Environment(name, Value.of({"db": {"url": "x"}})).reference("db.url")
        assert found == f"esc://{name}/db.url"
        with pytest.raises(CredentialError) as refused:
            resolve(found, "x")
        assert refused.value.code == "reference-unreadable", "files have neither, and say so"


@pytest.mark.parametrize("path", ["db.url", 'db["odd key"]', '["top key"]', "list[0].a-b"])
def test_a_reference_leads_to_the_value(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "esc").mkdir()
    text = "values: {db: {url: here, odd key: here}, top key: here, list: [{a-b: here}], port: 1}"
    (tmp_path / "esc" / "dev.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for name in ("shop/dev", "dev"):
        env = Environment.open(name)
        assert env.reference(path).startswith(f"esc://{name}/")
        assert resolve(env.reference(path), "x") == "here"
    with pytest.raises(EscError) as refused:
        env.reference("port")
    assert refused.value.code == "esc-reference"

"""What a program finds of its certificate in the stack's state, by the name of today and by those before."""

import asyncio
from typing import Any

import pulumi
import pytest

from sophia_infra.tls.component import SelfHealingCert
from sophia_infra.tls.state_lookup import _CERTIFICATE, of_state

_STATE = "urn:pulumi:test::demo::"
_TYPE = "sophia:index:SelfHealingCert"


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {f"{_STATE}{_TYPE}${_CERTIFICATE}::shop": {"outputs": {"label": "demo/test/shop", "generation": 2}}}

    async def answer(*_asked: object) -> Any:
        return {"outputs": outputs}

    monkeypatch.setattr(pulumi, "get_organization", lambda: "organization")
    monkeypatch.setattr(pulumi, "get_project", lambda: "demo")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "test")
    monkeypatch.setattr(pulumi.runtime, "invoke_async", answer)


@pytest.mark.parametrize(
    ("urns", "generation"),
    [(["shop"], 2), (["store", "shop"], 2), (["store"], None), (["store", "other"], None)],
)
def test_it_is_found_by_any_of_its_names(urns: list[str], generation: int | None) -> None:
    found = asyncio.run(of_state([f"{_STATE}{_TYPE}::{name}" for name in urns]))
    assert (found or {}).get("generation") == generation


def test_a_component_looks_by_the_aliases_that_it_and_its_parents_have(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Answers(pulumi.runtime.Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
            return args.name, args.inputs

        def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], None]:
            return {}, None

    async def of(urns: list[str]) -> None:
        asked.append(urns)

    monkeypatch.setattr("sophia_infra.tls.component.of_state", of)
    pulumi.runtime.set_mocks(Answers(), project="demo", stack="test")

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> Any:
        parent = pulumi.ComponentResource(
            "x:index:Home", "home", {}, pulumi.ResourceOptions(aliases=[pulumi.Alias(name="house")])
        )
        opts = pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(name="shop")])
        acme: Any = {"kind": "acme", "directory": "letsencrypt"}
        challenge: Any = {"kind": "http-01", "webroot": "/srv"}
        args: Any = {"domains": ["shop.example"], "issuer": acme, "challenge": challenge}
        return SelfHealingCert("store", args, opts).certificate_pem

    program()
    (urns,) = asked
    within = f"{_STATE}x:index:Home${_TYPE}::"
    assert urns[0].endswith("::store")
    assert f"{within}shop" in urns
    assert len(urns) == 4

"""What the component refuses before anything is asked."""

import asyncio

import pulumi
import pytest
from pulumi.runtime import mocks

from sophia_infra.secrets.component import PublishArgs, RotatingSecret


class Engine(mocks.Mocks):
    """Hands every resource out as it was asked for."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, object]]:
        return args.name, {**args.inputs, "generation": 1, "value": "canary"}

    def call(self, _args: mocks.MockCallArgs) -> tuple[dict[str, object], None]:
        return {}, None


@pytest.mark.parametrize("place", ["file", "esc"])
def test_two_secrets_of_a_program_are_not_published_to_one_place(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run would write over what the other has written."""

    def places(there: str) -> PublishArgs:
        return {"file": there} if place == "file" else {"esc": there}

    mocks.set_mocks(Engine(), project="demo", stack="test")

    async def program() -> None:
        root = pulumi.Resource("demo", "root", False)
        monkeypatch.setattr(pulumi.runtime, "get_root_resource", lambda: root)
        for name, there in (("app", "sophia/prod:db"), ("app", "sophia/prod:db"), ("web", "sophia/prod:web")):
            RotatingSecret(name, {"kind": "password", "publish": places(there)})
        with pytest.raises(pulumi.RunError, match=f"publish.{place} 'sophia/prod:db' is where the secret 'app' is"):
            RotatingSecret("api", {"kind": "password", "publish": places("sophia/prod:db")})

    asyncio.run(program())

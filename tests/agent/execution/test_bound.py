"""What an approval binds: whatever moves of it is named, and what is encrypted anew moves nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import State, bound_of, state_in, tree_of
from sophia_infra.agent.operations import SetTtl
from sophia_infra.doctor.backend import StackError, exported

URN = "urn:pulumi:dev::shop::a:b:C::web"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name, text in {"Pulumi.yaml": "name: shop\n", "Pulumi.dev.yaml": "", "__main__.py": ""}.items():
        (tmp_path / name).write_text(text)
    return Places(tmp_path.resolve(), "dev")


def state(**inputs: Any) -> State:
    web = {"urn": URN, "type": "a:b:C", "custom": True, "inputs": inputs}
    return state_in(json.dumps({"deployment": {"resources": [web]}}))


def test_a_secret_that_an_export_encrypts_anew_moves_no_state_and_any_other_value_does() -> None:
    one, anew = (state(key=SECRET | {"ciphertext": text}) for text in ("v1:a", "v1:b"))
    assert one.digest == anew.digest
    for key, other in (("a", "b"), ({"ciphertext": "a"}, {"ciphertext": "b"}), (SECRET | {"a": 1}, SECRET | {"a": 2})):
        assert state(key=key).digest != state(key=other).digest
    assert state_in("{}").resources == ()


def test_a_state_that_an_engine_was_cut_off_in_is_refused_by_what_it_was_at() -> None:
    left = {"resources": [], "pending_operations": [{"type": "creating", "resource": {"urn": URN}}]}
    with pytest.raises(StackError) as refused:
        state_in(json.dumps({"deployment": left}))
    assert (refused.value.code, refused.value.subject, refused.value.value) == ("pending-operations", URN, 1)


@pytest.mark.parametrize(
    ("name", "moved"), [("Pulumi.dev.yaml", "the settings of the stack"), ("new.py", "the program or its data")]
)
def test_what_moved_is_named_and_nothing_else_is(places: Places, name: str, moved: str) -> None:
    plan = places.folder / "plan"  # of a preview that failed there is none
    before = bound_of(places, tree_of(places, {}), state(), plan)
    (places.folder / name).write_text("a: b\n")
    assert before.moved(bound_of(places, tree_of(places, {}), state(), plan)) == (moved,)


def test_what_is_too_large_or_no_code_or_data_is_no_part_of_a_program(places: Places) -> None:
    before = tree_of(places, {})
    (places.folder / "film.mp4").touch()
    with (places.folder / "dump.csv").open("wb") as file:
        file.truncate(64 * 2**20 + 1)
    assert tree_of(places, {}) == before


@pytest.mark.parametrize(("says", "code"), [("[]", "stack-state"), ("", "stack-state"), (None, "no-engine")])
def test_a_state_that_no_engine_gives_is_told_by_why(
    places: Places, monkeypatch: pytest.MonkeyPatch, says: str | None, code: str
) -> None:
    monkeypatch.setenv("PATH", str(places.folder))
    if says is not None:
        program = places.folder / "pulumi"
        program.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo v3.0.0 || echo "{says}"\n')
        program.chmod(0o755)
    with pytest.raises(StackError) as refused:
        exported(places.folder, places.stack)
    assert refused.value.code == code


def test_sophia_home_in_the_project_is_none_of_its_data_and_declares_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "ours"
    monkeypatch.setenv("SOPHIA_HOME", str(home))
    for file in (tmp_path / "shop.example.zone", home / "agent/0a1b/after/shop.example.zone"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("@ 300 IN A 192.0.2.1\n")
    places = Places(tmp_path, "dev")
    assert places.file_of(SetTtl("shop.example", "@", "A", 60)) == tmp_path / "shop.example.zone"
    assert list(tree_of(places, {})) == ["shop.example.zone"]

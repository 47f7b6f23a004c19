"""Runs of the engine are told apart by the process that started ours."""

import os
from pathlib import Path

import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto.provider_pb2 import CheckRequest

from sophia_infra.engine_run import UNKNOWN, checks_all, engine_run, plan_seed, resource_urn, run_above


def proc(folder: Path, engine: int, start: int, boot: str = "b0") -> Path:
    """A /proc in which our parent, a shell, was started by an engine."""
    for process, parent, began in ((os.getppid(), engine, 7), (engine, 1, start)):
        (folder / str(process)).mkdir(parents=True, exist_ok=True)
        fields = ["S", str(parent), *["0"] * 17, str(began)]
        (folder / str(process) / "stat").write_text(f"{process} (a) b) {' '.join(fields)}\n")
    (folder / "sys/kernel/random").mkdir(parents=True, exist_ok=True)
    (folder / "sys/kernel/random/boot_id").write_text(f"{boot}\n")
    return folder


def above(proc: Path) -> str | None:
    return run_above(os.getppid(), proc)


def test_a_run_is_the_process_that_started_our_shell_with_its_start_and_this_boot(tmp_path: Path) -> None:
    assert above(proc(tmp_path, 4711, 99)) == "4711@99@b0"
    assert above(proc(tmp_path, 4711, 100)) == "4711@100@b0"
    assert above(proc(tmp_path, 4711, 100, "b1")) == "4711@100@b1"


def test_a_boot_that_can_not_be_told_is_left_out(tmp_path: Path) -> None:
    (proc(tmp_path, 4711, 99) / "sys/kernel/random/boot_id").unlink()
    assert above(tmp_path) == "4711@99@"


def test_without_proc_runs_can_not_be_told_apart(tmp_path: Path) -> None:
    assert above(tmp_path) is None


def test_the_environment_names_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "rehearsal")
    assert engine_run() == "rehearsal"
    monkeypatch.setenv("SOPHIA_RUN", "")
    assert engine_run() is None
    monkeypatch.delenv("SOPHIA_RUN")
    assert engine_run() == run_above(os.getppid())


def test_a_check_in_a_preview_and_in_the_apply_of_its_plan_have_the_engine_s_seed_in_common() -> None:
    def check(request: CheckRequest) -> str:
        assert request
        return plan_seed()

    first, second = (check(CheckRequest(randomSeed=seed)) for seed in (b"one", b"two"))
    assert first == check(CheckRequest(randomSeed=b"one"))
    assert first != second
    assert plan_seed() == check(CheckRequest()) == ""

    again = CheckRequest(randomSeed=b"one")
    again.olds["domain"] = "shop.example"
    assert check(again) != first, "before a replacement the engine asks once with the old inputs, and once without"


def test_the_resource_is_the_one_that_the_request_names() -> None:
    def check(request: CheckRequest) -> str:
        assert request
        return resource_urn()

    assert check(CheckRequest(urn="urn:pulumi:test::demo::t::shop")) == "urn:pulumi:test::demo::t::shop"
    assert resource_urn() == ""


def test_the_mark_of_an_unknown_value_is_the_engine_s() -> None:
    assert UNKNOWN == rpc.UNKNOWN


@pytest.mark.parametrize(
    ("command", "all_"),
    [
        ("pulumi preview --diff", True),
        ("/opt/pulumi/bin/pulumi --color never up --yes --stack test", True),
        ("pulumi preview --refresh --save-plan plan.json --policy-pack policies", True),
        ("pulumi up --target urn:pulumi:test::demo::a:b:C::c", False),
        ("pulumi up --target=urn", False),
        ("pulumi up -yt urn", False),
        ("pulumi up --target-dependents", False),
        ("pulumi preview --exclude urn", False),
        ("pulumi preview -x urn", False),
        ("pulumi destroy --run-program --stack up", False),
        ("pulumi refresh --run-program --preview-only", False),
        ("python3 automation.py up", False),
        ("", False),
    ],
)
def test_a_preview_checks_all_that_its_program_registers_unless_its_command_leaves_some_out(
    tmp_path: Path, command: str, all_: bool
) -> None:
    (proc(tmp_path, 4711, 99) / "4711/cmdline").write_text("\0".join(command.split()) + "\0")
    assert checks_all(tmp_path) is all_


def test_a_variable_may_leave_resources_out_as_an_option_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (proc(tmp_path, 4711, 99) / "4711/cmdline").write_text("pulumi\0up\0")
    assert checks_all(tmp_path)
    monkeypatch.setenv("PULUMI_OPTION_TARGET", "urn")
    assert not checks_all(tmp_path)


def test_without_proc_nobody_knows_what_a_preview_checks(tmp_path: Path) -> None:
    assert not checks_all(tmp_path)

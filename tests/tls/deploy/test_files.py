"""The files of a certificate change all at once, and a run that is killed between any two steps does no harm."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import home
from sophia_infra.delivery import Access
from sophia_infra.tls.deploy import DeployError, DeploySettings
from sophia_infra.tls.deploy.files import CHAIN, FULL, KEY, LEAF, Files, version
from sophia_infra.tls.issuers import Issued
from tests.support.kills import die_before
from tests.tls.orders import issue, run

KEYS = {1: "key of the first", 2: "key of the second"}


@pytest.fixture
def versions(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    first, second = (issue(folder, label=f"demo/test/{number}") for number in KEYS)
    return _version(1, first), _version(2, second)


def _version(number: int, issued: Issued) -> dict[str, str]:
    return version(KEYS[number], issued.certificate_pem, issued.chain_pem)


def used(folder: Path) -> dict[str, str]:
    return {name: (folder / "current" / name).read_text() for name in (KEY, LEAF, CHAIN, FULL)}


def made(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "versions").iterdir())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(DeploySettings(tmp_path / "shop"))


def test_a_version_is_in_use_the_one_before_is_kept_and_older_ones_go(
    files: Files, versions: tuple[dict[str, str], dict[str, str]]
) -> None:
    first, second = versions
    assert files.fault(first).endswith("current is not there")
    files.install(first)
    assert files.fault(first) == ""
    assert files.previous() == {}
    files.install(second)
    assert used(files.folder) == second
    assert files.previous() == first
    files.install(first)
    assert len(made(files.folder)) == 2
    files.roll_back()
    assert used(files.folder) == second
    assert len(made(files.folder)) == 1


def test_what_was_altered_is_told(files: Files, versions: tuple[dict[str, str], dict[str, str]]) -> None:
    first, second = versions
    files.install(first)
    assert files.fault(second).endswith("holds another certificate")
    (files.folder / "current" / KEY).chmod(0o644)
    assert files.fault(first).endswith("is 0644")
    (files.folder / "current" / CHAIN).unlink()
    assert files.fault(first).endswith(f"{CHAIN} is not what was deployed")


@pytest.mark.parametrize(("mode", "umask"), [(0o600, 0o000), (0o640, 0o000), (0o640, 0o077)])
def test_a_key_is_never_readable_by_others(
    mode: int,
    umask: int,
    tmp_path: Path,
    versions: tuple[dict[str, str], dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modes = []

    def watched(descriptor: int) -> None:
        found = Path(f"/proc/self/fd/{descriptor}").readlink()
        if found.name.startswith(f".{KEY}."):
            modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))

    def noting(name: str) -> None:
        plain = getattr(os, name)

        def noted(descriptor: int, *args: Any) -> None:
            watched(descriptor)
            plain(descriptor, *args)

        monkeypatch.setattr(os, name, noted)

    for name in ("fchown", "fchmod", "fsync"):
        noting(name)
    before = os.umask(umask)
    try:
        files = Files(DeploySettings(tmp_path / "shop", access=Access(mode=mode)))
        files.install(versions[0])
    finally:
        os.umask(before)
    assert modes == [0o600, 0o600, 0o600], "until it has its owner and its name"
    assert stat.S_IMODE((files.folder / "current" / KEY).stat().st_mode) == mode
    assert stat.S_IMODE((files.folder / "current" / FULL).stat().st_mode) == 0o644
    assert stat.S_IMODE((files.folder / "current").stat().st_mode) == 0o755
    assert files.fault(versions[0]) == ""


def test_the_name_of_a_version_is_on_disk_before_the_link_leads_there(
    files: Files, versions: tuple[dict[str, str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, linked = home.sync, dict[Path, bool]()

    def noted(folder: Path) -> None:
        linked.setdefault(folder, (files.folder / "current").is_symlink())
        plain(folder)

    monkeypatch.setattr(home, "sync", noted)
    files.install(versions[0])
    assert linked[files.folder / "versions"] is False


def test_folders_of_others_stay(files: Files, versions: tuple[dict[str, str], dict[str, str]]) -> None:
    other = files.folder / "versions" / "0123456789abcdef-not-ours"
    (other / "deep").mkdir(parents=True)
    files.install(versions[0])
    assert (other / "deep").is_dir()


def test_a_folder_that_can_not_be_used_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DeployError) as refused:
        Files(DeploySettings(tmp_path / "no" / "shop")).refuse_unusable()
    assert (refused.value.code, refused.value.field) == ("deploy-files", "deploy.files")
    assert str(tmp_path / "no") in str(refused.value)
    for field in ("owner", "group"):
        with pytest.raises(DeployError) as refused:
            Files(DeploySettings(tmp_path, access=Access(**{field: "nobody-here"}))).refuse_unusable()  # type: ignore[arg-type]  # one of the two
        assert (refused.value.code, refused.value.field) == ("deploy-owner", f"deploy.{field}")


STEPS = [
    (holder, name)
    for holder in (os, shutil, tempfile)
    for name in ("mkdtemp", "fchown", "fchmod", "fsync", "chmod", "symlink", "replace", "unlink", "rmtree")
    if hasattr(holder, name)
]


def install_and_die(folder: Path, wanted: Mapping[str, str], at: int | None, told: Path) -> None:
    met = die_before(at, STEPS)
    Files(DeploySettings(folder)).install(wanted)
    told.write_text(" ".join(met))


def roll_back_and_die(folder: Path, at: int | None, told: Path) -> None:
    met = die_before(at, STEPS)
    Files(DeploySettings(folder)).roll_back()
    told.write_text(" ".join(met))


def test_a_kill_before_any_step_leaves_one_whole_version_and_the_next_run_ends_well(
    tmp_path: Path, versions: tuple[dict[str, str], dict[str, str]]
) -> None:
    first, second = versions
    at, told = 0, tmp_path / "told"
    while not told.exists():
        at += 1
        files = Files(DeploySettings(tmp_path / f"shop-{at}"))
        files.install(first)
        ended = run(install_and_die, files.folder, second, at, told)
        assert ended == (0 if told.exists() else -signal.SIGKILL)
        assert used(files.folder) in (first, second)
        assert files.previous() in ({}, first)
        for key in files.folder.rglob(KEY):
            assert not key.stat().st_mode & 0o077
        files.install(second)
        assert used(files.folder) == second
        assert len(made(files.folder)) <= 2
        assert not list(files.folder.glob(".link"))
    assert at > 20
    assert {"mkdtemp", "fchmod", "chmod", "symlink", "replace"} <= set(told.read_text().split())


def test_a_roll_back_that_is_killed_is_done_again(
    tmp_path: Path, versions: tuple[dict[str, str], dict[str, str]]
) -> None:
    first, second = versions
    at, told = 0, tmp_path / "told"
    while not told.exists():
        at += 1
        files = Files(DeploySettings(tmp_path / f"shop-{at}"))
        files.install(first)
        files.install(second)
        run(roll_back_and_die, files.folder, at, told)
        assert used(files.folder) in (first, second)
        files.roll_back()
        assert used(files.folder) == first

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from sophia_infra.tls.issuers import IssuerError
from sophia_infra.tls.issuers.store import Store, folder_of
from tests.support.refusals import refused
from tests.tls.orders import PROCESSES


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_enter_and_read(folder: Path) -> None:
    store = Store(folder)
    with store.locked():
        store.write("authorities/root.pem", "secret")
    assert mode(folder) == mode(folder / "authorities") == 0o700
    assert mode(folder / "authorities/root.pem") == 0o600


def test_a_folder_that_others_may_enter_is_closed(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    with Store(folder).locked():
        assert mode(folder) == 0o700


def test_git_never_sees_the_folder(folder: Path) -> None:
    with Store(folder).locked():
        assert (folder / ".gitignore").read_text() == "*\n"


def test_a_file_is_replaced_in_one_step_and_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(folder)
    with store.locked():
        store.write("a.pem", "old")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device", "a.pem")

        monkeypatch.setattr(os, "fsync", fail)
        with refused(IssuerError, "unusable", field="issuer.folder", says="No space left on device"):
            store.write("a.pem", "new")
    assert store.read("a.pem") == "old"
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "a.pem", "lock"]


def test_what_is_not_there_reads_as_nothing_and_makes_nothing(folder: Path) -> None:
    store = Store(folder)
    assert store.read("root.pem") == ""
    assert store.names("issued") == []
    assert not folder.exists()


def test_a_folder_that_can_not_be_used_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "ca")
    with refused(IssuerError, "unusable", subject=folder, says=r"can't be used: Not a directory.*issuer\.folder"):
        Store(tmp_path / "file" / "ca").write("a", "b")


def test_two_threads_never_hold_the_folder_at_once(folder: Path) -> None:
    held, most, counting = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal held, most
        for _ in range(20):
            with Store(folder).locked():
                with counting:
                    held += 1
                    most = max(most, held)
                with counting:
                    held -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_folder_that_another_run_holds_is_waited_for_and_then_named(folder: Path) -> None:
    with (
        Store(folder).locked(),
        refused(IssuerError, "locked", subject=str(folder), limit=0.1, says=r"another run has held it for 0\.1 s"),
        Store(folder, lock_seconds=0.1).locked(),
    ):
        pytest.fail("two hold it")


def hold_and_die(folder: Path) -> None:
    with Store(folder).locked():
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_lock_of_a_killed_run_is_free(folder: Path) -> None:
    child = PROCESSES.Process(target=hold_and_die, args=(folder,))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    with Store(folder, lock_seconds=0).locked():
        assert (folder / "lock").exists()


@pytest.mark.parametrize("label", ["shop/dev/cert", "../../etc/passwd", "a b\0c", "x" * 300, "ü/ö", ".", ".."])
def test_any_label_makes_one_safe_folder_name(label: str) -> None:
    name = folder_of(label)
    assert name.startswith("issued/")
    assert name.count("/") == 1
    assert name.split("/")[1] not in ("", ".", "..")
    assert len(name) < 255


def test_two_labels_never_share_a_folder() -> None:
    labels = ["a/b", "a%2Fb", "a_b", "a", "x" * 300, "x" * 301, "."]
    assert len({folder_of(label) for label in labels}) == len(labels)

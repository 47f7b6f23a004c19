import threading
from pathlib import Path

import pytest

from sophia_infra.dns.backends import BackendError, locks
from sophia_infra.dns.backends.locks import locked, opened
from tests.support.refusals import refused


def test_state_stands_where_the_environment_says_else_in_the_user_s_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"SOPHIA_HOME": "chosen/state", "XDG_STATE_HOME": "xdg/sophia", "HOME": "home/.local/state/sophia"}
    for variable in chosen:
        monkeypatch.setenv(variable, str(tmp_path / chosen[variable].partition("/")[0]))
    for variable, folder in chosen.items():
        with opened("a location", "lock") as path:
            assert path.parent == tmp_path / folder
            assert path.parent.stat().st_mode & 0o077 == 0
        monkeypatch.delenv(variable)


def test_one_holds_a_location_at_a_time_and_another_place_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    order: list[str] = []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with locked("a location"):
            order.append("second")

    other = threading.Thread(target=second)
    with locked("a location"):
        other.start()
        assert waiting.wait(30)
        with locked("another location"):
            order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_location_that_stays_locked_is_given_up_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    assert locks.WAIT == 600
    monkeypatch.setattr(locks, "WAIT", 0.1)
    with locked("dns://a/shop.example"):
        lock = next((tmp_path / "state").glob("*.lock"))
        with pytest.raises(BackendError) as refused, locked("dns://a/shop.example"):
            pytest.fail("two hold it")
    assert (refused.value.code, refused.value.limit) == ("locked", 0.1)
    assert str(refused.value) == (
        f"dns://a/shop.example is in use by another run: its lock {lock} was not free for 0.1 s; let that run end, or "
        "end it where it hangs, and run again (the lock goes with its process: the file needs no deleting)"
    )
    with locked("dns://a/shop.example"):
        pass


def test_a_location_is_free_again_after_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path))
    with pytest.raises(BackendError) as caught, locked("a location"):
        raise BackendError("", code="of-its-own")
    assert caught.value.code == "of-its-own"
    with locked("a location"):
        pass


def test_a_folder_that_can_t_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "file"))
    says = r"can't be used: .*; check its permissions"
    with refused(BackendError, "unusable", says=says), locked("a location"):
        pass

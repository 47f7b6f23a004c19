"""The example backend keeps the contract, and a stack reaches it by its name on the real engine."""

import importlib.util
import sqlite3
import sys
import threading
from pathlib import Path

import pytest

from sophia_infra.dns.backends import Backend, BackendError, BaseMovedError, Decide, Live, open_backend
from tests.examples.test_examples import copied
from tests.support.refusals import refused
from tests.support.workspace import REPO, Workspace

EXAMPLE = REPO / "examples" / "custom-backend"
ZONE = "@ 3600 SOA ns1.shop.example. h.shop.example. 0 7200 900 1209600 300\n@ 3600 NS ns1.shop.example.\n"
HOSTS = "ns1 300 A 192.0.2.53\nwww 300 A 192.0.2.1\n"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(tmp_path / "home"))
    spec = importlib.util.spec_from_file_location("inventory", EXAMPLE / "inventory.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "inventory", module)
    spec.loader.exec_module(module)


@pytest.fixture
def backend(tmp_path: Path) -> Backend:
    return open_backend({"kind": "inventory:Inventory", "database": str(tmp_path / "inventory.db")}, "shop.example")


def planned(desired: str, base: str) -> Decide:
    def decide(live: Live) -> str:
        if live.base != base:
            raise BaseMovedError("the inventory")
        return desired

    return decide


def test_what_is_written_reads_back_and_a_no_op_keeps_the_serial(backend: Backend) -> None:
    first = backend.apply(planned(ZONE + HOSTS, Live().base))
    assert backend.read() == first
    assert first.serial == 1
    assert backend.apply(planned(ZONE + HOSTS, first.base)) == first
    assert backend.apply(planned(ZONE, first.base)).serial == 2


def test_of_two_that_write_at_once_one_wins_and_the_other_is_refused(backend: Backend) -> None:
    outcomes: list[str] = []

    def write(address: str) -> None:
        try:
            backend.apply(planned(ZONE + f"ns1 300 A {address}\n", Live().base))
            outcomes.append("written")
        except BaseMovedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=write, args=(f"192.0.2.{number}",)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "written"]


def test_a_refused_plan_leaves_no_row_changed(backend: Backend) -> None:
    first = backend.apply(planned(ZONE + HOSTS, Live().base))
    with pytest.raises(BaseMovedError):
        backend.apply(planned(ZONE, Live().base))
    assert backend.read() == first


def test_removing_keeps_a_copy_and_succeeds_twice(backend: Backend, tmp_path: Path) -> None:
    first = backend.apply(planned(ZONE + HOSTS, Live().base))
    backend.remove()
    assert backend.read() == Live()
    backend.remove()
    (copy,) = (tmp_path / "home" / "backups").iterdir()
    assert copy.read_text().endswith(first.text)


def test_what_it_can_t_hold_and_settings_that_it_does_not_know_are_refused(backend: Backend) -> None:
    with refused(BackendError, "not-held", subject="www A", value=86401, limit=86400):
        backend.normalize("www 86401 A 192.0.2.1\n", Live())
    with refused(BackendError, field="backend.databse"):
        open_backend({"kind": "inventory:Inventory", "databse": "x"}, "shop.example")


@pytest.mark.engine
def test_a_stack_writes_heals_and_destroys_a_zone_through_it(workspace: Workspace) -> None:
    copied(workspace, "custom-backend")
    workspace.env["PYTHONPATH"] = f".:{REPO / 'components'}"  # as the README says
    workspace.up()
    database = workspace.root / "inventory.db"

    def rows(query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(database) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    assert rows("SELECT rdata FROM records WHERE owner = 'mail'") == [("192.0.2.30",)]
    workspace.preview("--expect-no-changes")

    rows("UPDATE records SET rdata = '192.0.2.66' WHERE owner = 'mail'")
    assert "mail A update" in workspace.preview().text
    workspace.up()
    assert rows("SELECT rdata FROM records WHERE owner = 'mail'") == [("192.0.2.30",)]
    workspace.pulumi("destroy", "--yes", "--skip-preview")
    assert rows("SELECT * FROM records") == []

"""The CA is killed with SIGKILL at every write; whatever it leaves behind must work."""

import os
import signal
from pathlib import Path

import pytest

from sophia_infra.tls.issuers import Order
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.issuers.store import Store
from tests.tls.orders import order, run
from tests.tls.test_embedded import issued_files
from tests.tls.test_profile import verify

WRITES = 5  # .gitignore, root, public root, intermediate, leaf


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def issue_and_die(folder: Path, asked: Order, at: int, moment: str) -> None:
    """Issue, and be killed at one write: before it, half-way (the new file is there, not in its place) or after."""
    written = 0
    write, replace = Store.write, os.replace

    def counted(self: Store, name: str, text: str) -> None:
        nonlocal written
        written += 1
        if written == at and moment == "before":
            die()
        write(self, name, text)
        if written == at and moment == "after":
            die()

    def placed(draft: str, target: Path) -> None:
        if written == at and moment == "half-way":
            die()
        replace(draft, target)

    Store.write, os.replace = counted, placed  # type: ignore[method-assign, assignment]
    EmbeddedCa.at(str(folder)).issue(asked)


@pytest.mark.parametrize("moment", ["before", "half-way", "after"])
@pytest.mark.parametrize("at", range(1, WRITES + 1))
def test_a_kill_at_any_write_leaves_a_ca_that_issues_once(at: int, moment: str, folder: Path) -> None:
    asked = order()
    assert run(issue_and_die, folder, asked, at, moment) == -signal.SIGKILL
    issued = EmbeddedCa.at(str(folder)).issue(asked)
    verify(issued, "shop.example")
    assert len(issued_files(folder)) == 1
    assert EmbeddedCa.at(str(folder)).latest(asked.label) == issued
    assert len(list((folder / "authorities").iterdir())) == 2
    assert not list(folder.rglob(".new-*"))


def test_every_write_was_met(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    write = Store.write

    def noted(self: Store, name: str, text: str) -> None:
        names.append(name)
        write(self, name, text)

    monkeypatch.setattr(Store, "write", noted)
    EmbeddedCa.at(str(folder)).issue(order())
    assert len(names) == WRITES


def revoke_and_die(folder: Path, serial: str) -> None:
    write = Store.write

    def half(self: Store, name: str, text: str) -> None:
        if name.startswith("crl/"):
            die()
        write(self, name, text)

    Store.write = half  # type: ignore[method-assign]
    EmbeddedCa.at(str(folder)).revoke(serial, "keyCompromise")


def test_a_revocation_that_was_cut_off_counts_and_is_listed_the_next_time(folder: Path) -> None:
    ca = EmbeddedCa.at(str(folder))
    issued = ca.issue(order())
    assert issued.facts is not None
    serial = issued.facts.serial_number
    assert run(revoke_and_die, folder, serial) == -signal.SIGKILL
    held = ca.latest("demo/test/shop")
    assert held is not None
    assert "revoked" in held.withdrawn
    ca.revoke(serial, "keyCompromise")
    assert len(list((folder / "crl").iterdir())) == 1

"""Whole writes."""

import os
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.home import write_whole


def test_a_file_is_replaced_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    write_whole(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_can_not_be_prepared_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def refuse(_draft: str) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        write_whole(path, "new", prepare=refuse)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_text_is_on_disk_before_it_has_the_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    for name in ("fsync", "replace"):
        _noted(monkeypatch, name, order)
    write_whole(tmp_path / "file", "text")
    assert order == ["fsync", "replace", "fsync"]


def _noted(monkeypatch: pytest.MonkeyPatch, name: str, order: list[str]) -> None:
    call = getattr(os, name)

    def noted(*args: Any) -> None:
        order.append(name)
        call(*args)

    monkeypatch.setattr(os, name, noted)

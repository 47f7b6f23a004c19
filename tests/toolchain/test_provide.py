from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.provide import NoEngineError, ensure, find, own_folder, ways
from engine.ways import GoBuild, Installer, OnPath, WayClosedError

VENV = Path("/nowhere/venv")


@dataclass
class FakeWay:
    """A way that is open for looking, for making, or not at all."""

    name: str
    found: Path | None = None
    made: Path | None = None
    asked: list[str] = field(default_factory=list)

    def look(self) -> Path:
        self.asked.append("look")
        return self._or_closed(self.found)

    def make(self) -> Path:
        self.asked.append("make")
        return self._or_closed(self.made)

    def _or_closed(self, folder: Path | None) -> Path:
        if folder is None:
            raise WayClosedError(f"{self.name} is closed")
        return folder


def test_the_ways_are_path_then_installer_then_go_modules() -> None:
    assert [type(way) for way in ways(VENV)] == [OnPath, Installer, GoBuild]


def test_the_environments_own_folder_does_not_count_as_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{own_folder(VENV)}:/usr/bin")
    on_path = ways(VENV)[0]
    assert isinstance(on_path, OnPath)
    assert on_path.path == "/usr/bin"


def test_what_is_there_is_used_before_anything_is_made() -> None:
    first, second = FakeWay("first", made=Path("/made")), FakeWay("second", found=Path("/found"))
    assert ensure(VENV, [first, second]) == Path("/found")
    assert first.asked == ["look"]


def test_the_first_open_way_makes_it_and_later_ones_are_not_asked() -> None:
    closed, first, second = FakeWay("closed"), FakeWay("a", made=Path("/a")), FakeWay("b", made=Path("/b"))
    assert ensure(VENV, [closed, first, second]) == Path("/a")
    assert second.asked == ["look"]


def test_with_no_way_open_one_error_names_each_and_what_it_said() -> None:
    with pytest.raises(NoEngineError) as caught:
        ensure(VENV, [FakeWay("one"), FakeWay("two"), FakeWay("three")])
    assert caught.value.tried == tuple((name, f"{name} is closed") for name in ("one", "two", "three"))
    assert str(caught.value).splitlines() == [
        "no Pulumi engine could be had:",
        "  one: one is closed",
        "  two: two is closed",
        "  three: three is closed",
        "Install Pulumi by hand (https://www.pulumi.com/docs/install/), then run this again.",
    ]


def test_finding_makes_nothing() -> None:
    way = FakeWay("way", made=Path("/made"))
    assert find(VENV, [way]) is None
    assert way.asked == ["look"]

import errno
import glob
import tomllib
from pathlib import Path

import pytest

from sophia_infra.starter import Stack, next_steps, place
from sophia_infra.starter import stack as starter
from tests.cli.conftest import Sophia, Write
from tests.support.workspace import REPO

PARTS = {"__main__.py", "Pulumi.prod.yaml", "records/foo.example.zone", "preview.sh", ".github/workflows/preview.yaml"}
PARTS |= {"report.sh", ".github/workflows/up.yaml", ".github/workflows/daily.yaml", ".github/actions/stack/action.yaml"}


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_all_parts_are_written_and_told(sophia: Sophia, tmp_path: Path) -> None:
    told = sophia("init", str(tmp_path), "--domain", "foo.example", "--json").json("init")
    assert set(told["files"]) == names(tmp_path) >= PARTS
    assert (told["domain"], told["next"]) == ("foo.example", next_steps())
    assert not any("shop" in (tmp_path / name).read_text() for name in PARTS)
    zone = str(tmp_path / "records" / "foo.example.zone")
    assert sophia("zone", "lint", zone).out == "foo.example: no findings\n"


def test_what_exists_is_named_and_nothing_is_written(sophia: Sophia, write: Write, tmp_path: Path) -> None:
    write("__main__.py", "mine")
    ran = sophia("init", str(tmp_path), "--json")
    assert ran.code == 2
    assert ran.json("error")["error"]["code"] == "files-exist"
    assert "has __main__.py already" in ran.err
    assert names(tmp_path) == {"__main__.py"}
    assert (tmp_path / "__main__.py").read_text() == "mine"


def test_a_file_that_fails_takes_back_those_before_it(tmp_path: Path) -> None:
    with pytest.raises(OSError) as failed:  # noqa: PT011  # its number is asked for below
        place({"a/b.txt": "", "n" * 300: ""}, tmp_path / "new")
    assert failed.value.errno == errno.ENAMETOOLONG
    assert list(tmp_path.iterdir()) == []


def test_a_zone_that_exists_is_taken(sophia: Sophia, write: Write, tmp_path: Path) -> None:
    file = write("old", "$ORIGIN foo.example.\n@ 300 A 192.0.2.7\n")
    assert sophia("init", str(tmp_path / "new"), "--from", file).code == 0
    assert (tmp_path / "new" / "records" / "foo.example.zone").read_text() == "@ 300 A 192.0.2.7\n"


@pytest.mark.parametrize("domain", ["a..b", "a/b.example", ""])
def test_a_domain_that_is_none_writes_nothing(sophia: Sophia, tmp_path: Path, domain: str) -> None:
    assert sophia("init", str(tmp_path), "--domain", domain).code == 2
    assert names(tmp_path) == set()


def test_a_package_gets_every_file_that_a_stack_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    patterns = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    room = starter.FILES.parent
    for pattern in patterns["sophia_infra.starter"]:
        for name in glob.glob(pattern, root_dir=room, recursive=True):
            if (room / name).is_file():
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).write_bytes((room / name).read_bytes())
    stack = Stack("foo.example", "sophia-infra")
    expected = stack.files()
    monkeypatch.setattr(starter, "FILES", tmp_path / "files")
    assert stack.files() == expected

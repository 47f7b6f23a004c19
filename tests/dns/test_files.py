import os
from pathlib import Path

import pytest

from sophia_infra.dns.files import ZONE_FILE_LIMIT, read_file
from sophia_infra.dns.reader import Problem


def refused(path: Path, limit: int = ZONE_FILE_LIMIT) -> Problem:
    reading = read_file(path, "shop.example", limit=limit)
    assert not reading.readable
    (problem,) = reading.problems
    return problem


def test_includes_are_looked_up_beside_the_including_file(tmp_path: Path) -> None:
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "db.shop").write_text("$INCLUDE common/all\n$INCLUDE part\n")
    (tmp_path / "zones" / "common").mkdir()
    (tmp_path / "zones" / "common" / "all").write_text("a A 192.0.2.1\n$INCLUDE deeper\n")
    (tmp_path / "zones" / "common" / "deeper").write_text("b A 192.0.2.2\n")
    (tmp_path / "zones" / "part").write_text("c A 192.0.2.3\n")
    reading = read_file(tmp_path / "zones" / "db.shop", "shop.example")
    assert reading.problems == []
    assert [record.owner for record in reading.records] == ["a", "b", "c"]


@pytest.mark.parametrize("by", ["by its path", "from above", "by a link", "that is missing"])
def test_nothing_outside_of_the_zone_s_folder_is_read_or_quoted(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zones").mkdir()
    secret = tmp_path / "secret"
    secret.write_text("root hunter2\nfine A 192.0.2.1\n")
    (tmp_path / "zones" / "link").symlink_to(secret)
    path = tmp_path / "zones" / "db.shop"
    asked = {"by its path": str(secret), "from above": "../secret", "by a link": "link", "that is missing": "../none"}
    path.write_text(f"$INCLUDE {asked[by]}\n")
    problem = refused(path)
    assert (problem.code, problem.line) == ("include-outside", 1)
    assert "hunter2" not in str(problem)

    monkeypatch.setenv("SOPHIA_INCLUDE", f"/nowhere:{tmp_path}")
    reading = read_file(path, "shop.example")
    assert "hunter2" not in str(reading)
    if by != "that is missing":
        assert [record.owner for record in reading.records] == ["fine"]
        assert [(problem.line, problem.value) for problem in reading.problems] == [(1, "")]


def test_an_include_that_is_not_beside_its_file_is_looked_up_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "db.shop").write_text("$INCLUDE zones/part\n")
    (tmp_path / "zones" / "part").write_text("c A 192.0.2.3\n")
    monkeypatch.chdir(tmp_path)
    assert [record.owner for record in read_file("zones/db.shop", "shop.example").records] == ["c"]


def test_a_file_that_includes_itself_under_another_spelling_is_a_loop(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    path = tmp_path / "db.shop"
    path.write_text("$INCLUDE x/../db.shop\n")
    assert refused(path).code == "include-loop"


def test_a_missing_include_names_the_line_that_asks_for_it(tmp_path: Path) -> None:
    path = tmp_path / "db.shop"
    path.write_text("\n$INCLUDE nothing\n")
    problem = refused(path)
    assert (problem.code, problem.file, problem.line) == ("file-missing", str(path), 2)
    assert "nothing" in problem.message


def test_a_missing_file_a_directory_and_a_strange_path_are_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nothing").code == "file-missing"
    assert refused(tmp_path).code == "file-unreadable"
    assert refused(tmp_path / ("x" * 300)).code == "file-unreadable"
    assert refused(Path("nul\0octet")).code == "file-unreadable"
    assert str(tmp_path / "nothing") in str(refused(tmp_path / "nothing"))


def test_text_that_is_not_utf8_is_refused_with_offset_and_line(tmp_path: Path) -> None:
    path = tmp_path / "db.shop"
    path.write_bytes(b"a A 192.0.2.1\n; caf\xe9\n")
    problem = refused(path)
    assert (problem.code, problem.line) == ("not-text", 2)
    assert "0xe9 at offset 19" in problem.message
    assert "UTF-8" in problem.fix


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "db.shop"
    path.touch()
    os.truncate(path, 300_000_000)
    problem = refused(path)
    assert problem.code == "file-too-large"
    assert "300000000" in problem.message
    assert str(ZONE_FILE_LIMIT) in problem.message


def test_what_is_no_plain_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "main").write_text("$INCLUDE pipe\n")
    problem = refused(tmp_path / "main")
    assert (problem.line, "is no plain file" in problem.message) == (1, True)


def test_includes_count_against_the_same_limit(tmp_path: Path) -> None:
    path = tmp_path / "db.shop"
    path.write_text("$INCLUDE part\n" + ";" * 50)
    (tmp_path / "part").write_text(";" * 50)
    assert read_file(path, "shop.example", limit=200).readable
    assert "after 64 of other files" in refused(path, limit=100).message


def test_what_has_no_size_is_read_up_to_the_limit_only() -> None:
    assert refused(Path("/dev/zero"), limit=1000).code == "file-too-large"


def test_windows_line_ends_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "db.shop"
    path.write_bytes(b"\xef\xbb\xbfa A 192.0.2.1\r\nb TXT ( x\r\n y )\r\n")
    reading = read_file(path, "shop.example", default_ttl=60)
    assert [str(record) for record in reading.records] == ["a 60 A 192.0.2.1", 'b 60 TXT "x" "y"']

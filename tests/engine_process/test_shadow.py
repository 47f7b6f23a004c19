"""A copy of a project differs from it by the edited files alone, and means the same places."""

import os
from pathlib import Path

from sophia_infra.agent.editing import Places
from sophia_infra.agent.execution.bound import tree_of
from sophia_infra.engine_process import shadow


def project(folder: Path) -> Path:
    for path, text in {
        "Pulumi.yaml": "name: shop\n",
        "__main__.py": "print()\n",
        "records/a.zone": "a\n",
        "records/b.zone": "b\n",
        "zones/db.a": "; live\n",
        "zones/live.zone": "; written by sophia-infra: what is live\n",
        ".sophia/journal.db": "rows",
        ".venv/pyvenv.cfg": "",
        "packages/pyvenv.cfg": "",
        "packages/x.py": "x",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_edited_files_differ_and_relative_places_are_those_of_the_project(tmp_path: Path) -> None:
    made = project(tmp_path / "project")
    copy = shadow.made(made, tmp_path / "copy", {"records/a.zone": "edited\r\n"})
    assert (copy / "records" / "a.zone").read_bytes() == b"edited\r\n"
    assert (made / "records" / "a.zone").read_text() == "a\n"
    for same in ("records/b.zone", "zones/db.a", ".sophia/journal.db"):
        assert os.path.realpath(copy / same) == str(made / same)
    assert not (copy / "__main__.py").is_symlink()  # Python asks where a program really is
    again = shadow.made(made, tmp_path / "copy", {})
    assert (again / "records" / "a.zone").read_text() == "a\n"


def test_an_approval_binds_the_program_and_its_data_and_neither_packages_nor_hidden_folders(tmp_path: Path) -> None:
    made = project(tmp_path / "project")
    tree = tree_of(Places(made, "dev"), {"records/a.zone": "a\n"})
    assert sorted(tree) == ["Pulumi.yaml", "__main__.py", "records/a.zone", "records/b.zone", "zones/db.a"]
    (made / "records" / "a.zone").write_text("edited")
    assert tree_of(Places(made, "dev"), {"records/a.zone": "a\n"}) == tree
    (tmp_path / "outside").write_text("linked")
    for name in ("new.json", "b.db", "mail.tpl", "hosts.csv"):
        (made / name).symlink_to(tmp_path / "outside")
        assert name in tree_of(Places(made, "dev"), {})


def test_an_approval_binds_no_file_of_approvals_since_it_is_given_there(tmp_path: Path) -> None:
    made = project(tmp_path / "project")
    (made / "Pulumi.dev.yaml").write_text("config:\n  sophia:approvals: ./approvals.yaml\n")
    tree = tree_of(Places(made, "dev"), {})
    (made / "approvals.yaml").write_text("- resource: run 7f3a09bc\n")
    assert tree_of(Places(made, "dev"), {}) == tree
    (made / "Pulumi.dev.yaml").write_text("config: {}\n")
    assert "approvals.yaml" in tree_of(Places(made, "dev"), {})

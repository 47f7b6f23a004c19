from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from engine import ways
from engine.ways import WHOLE_SET, GoBuild, Installer, OnPath, WayClosedError, numbers, wanted_version

FAKE_GO = """#!/bin/sh
[ "$1" = list ] && { echo "$SDK"; exit 0; }
while [ "$1" != -o ]; do shift; done
echo 'some/package' >&2
echo engine > "$2"
"""


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def pulumi(folder: Path, version: str) -> Path:
    for name in WHOLE_SET:
        program(folder / name)
    program(folder / "pulumi", f"#!/bin/sh\necho {version}\n")
    return folder


def test_the_version_is_pinned_in_go_mod_for_both_modules() -> None:
    pinned = (Path(ways.__file__).parent / "go.mod").read_text()
    found = re.findall(r"github\.com/pulumi/pulumi/(pkg|sdk)/v3 v(\S+)", pinned)
    assert sorted(found) == [("pkg", wanted_version()), ("sdk", wanted_version())]


def test_versions_compare_by_number() -> None:
    assert numbers("v3.259.0") == numbers("3.259.0-alpha.1700") == (3, 259, 0)
    assert numbers("v3.1000.0") > numbers("v3.259.0")


@pytest.mark.parametrize("version", ["v3.259.0", "v3.259.1", "v3.300.0"])
def test_a_new_enough_pulumi_on_path_is_taken(tmp_path: Path, version: str) -> None:
    assert OnPath(str(pulumi(tmp_path, version))).look() == tmp_path


@pytest.mark.parametrize("version", ["v3.258.9", "v2.400.0", "v4.0.0"])
def test_another_version_on_path_is_not_taken(tmp_path: Path, version: str) -> None:
    with pytest.raises(WayClosedError, match=f"is {version}, and v{wanted_version()} or a newer v3 is needed"):
        OnPath(str(pulumi(tmp_path, version))).look()


def test_a_pulumi_without_its_language_host_is_not_taken(tmp_path: Path) -> None:
    (pulumi(tmp_path, "v3.300.0") / "pulumi-language-python").unlink()
    with pytest.raises(WayClosedError, match=r"comes without pulumi-language-python$"):
        OnPath(str(tmp_path)).look()


def test_a_linked_pulumi_has_its_helpers_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/pulumi").symlink_to(pulumi(tmp_path / "cellar", "v3.300.0") / "pulumi")
    assert OnPath(str(tmp_path / "bin")).look() == tmp_path / "bin"


def test_no_pulumi_on_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(WayClosedError, match="there is none"):
        OnPath(str(tmp_path)).look()


def test_a_broken_pulumi_on_path_closes_the_way(tmp_path: Path) -> None:
    program(pulumi(tmp_path, "x") / "pulumi", "#!/bin/sh\necho broken >&2; exit 3\n")
    with pytest.raises(WayClosedError, match=r"^broken$"):
        OnPath(str(tmp_path)).look()


def test_the_installer_is_run_by_the_environments_python_into_the_cache(tmp_path: Path) -> None:
    made = "".join(f"echo x > $3/bin/{name}\n" for name in WHOLE_SET)
    python = program(tmp_path / "python", f"#!/bin/sh\nmkdir $3/bin\n{made}echo $4 > $3/version\n")
    way = Installer(python, tmp_path / "cache")
    with pytest.raises(WayClosedError):
        way.look()
    folder = way.make()
    assert folder == way.look() == tmp_path / f"cache/installer-v{wanted_version()}/bin"
    assert (folder.parent / "version").read_text().strip() == wanted_version()


def test_an_installer_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    python = program(tmp_path / "python", "#!/bin/sh\nmkdir $3/bin; echo Traceback >&2; echo no network >&2; exit 1\n")
    with pytest.raises(WayClosedError, match=r"^no network$"):
        Installer(python, tmp_path / "cache").make()
    assert list((tmp_path / "cache").glob("*")) == [tmp_path / "cache" / f".installer-v{wanted_version()}.lock"]


def test_an_installer_that_forgets_the_host_is_not_taken(tmp_path: Path) -> None:
    python = program(tmp_path / "python", "#!/bin/sh\nmkdir $3/bin; echo x > $3/bin/pulumi\n")
    with pytest.raises(WayClosedError, match="left out pulumi-language-python,"):
        Installer(python, tmp_path / "cache").make()


@pytest.fixture
def go_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for helper in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
        program(tmp_path / "sdk/python" / helper, "#!/bin/sh\necho helper\n")
    monkeypatch.setenv("SDK", str(tmp_path / "sdk"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'gobin'}{os.pathsep}{os.environ['PATH']}")
    return program(tmp_path / "gobin/go", FAKE_GO)


def test_a_build_gives_the_whole_set_with_our_own_host(tmp_path: Path, go_on_path: Path) -> None:
    way = GoBuild(tmp_path / "cache", tmp_path / "own", tmp_path / "python")
    assert way.make() == tmp_path / "own"
    assert {path.name for path in (tmp_path / "own").iterdir()} == set(WHOLE_SET)
    assert all(os.access(path, os.X_OK) for path in (tmp_path / "own").glob("pulumi-*"))
    go_on_path.unlink()
    assert way.look() == tmp_path / "own"


def test_a_build_that_fails_says_why_and_leaves_nothing(tmp_path: Path, go_on_path: Path) -> None:
    program(go_on_path, "#!/bin/sh\necho 'go: proxy unreachable' >&2; exit 1\n")
    way = GoBuild(tmp_path / "cache", tmp_path / "own", tmp_path / "python")
    with pytest.raises(WayClosedError, match="go: proxy unreachable"):
        way.make()
    assert not (tmp_path / "own").exists()
    assert not list((tmp_path / "cache").glob("go-*"))


def test_without_go_the_build_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WayClosedError, match="no `go` on PATH"):
        GoBuild(tmp_path / "cache", tmp_path / "own", tmp_path / "python").make()

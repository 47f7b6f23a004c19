from pathlib import Path
from typing import Any

import click
import pytest

from sophia_infra.cli.options import SETTINGS_VARIABLE, Location, location
from sophia_infra.cli.terminal import UsageError
from sophia_infra.dns.backends import BackendError
from sophia_infra.dns.backends.zone_file import ZoneFile
from tests.support.refusals import refused


def parsed(*arguments: str) -> Location:
    found: list[Location] = []

    def command(location: Location) -> int:
        found.append(location)
        return 0

    click.command()(location(command)).main(list(arguments), "sophia", standalone_mode=False)
    return found[0]


def opened(*arguments: str) -> ZoneFile:
    backend = parsed(*arguments).open("Shop.Example.")
    assert isinstance(backend, ZoneFile)
    return backend


def test_a_backend_is_opened_with_its_settings(tmp_path: Path) -> None:
    path = tmp_path / "db"
    backend = opened("--backend", "file", "--setting", f"path={path}", "--setting", "serial=counter")
    assert (backend.domain, backend.path, backend.serial) == ("shop.example", path, "counter")


@pytest.mark.parametrize("text", ['{"kind": "file", "serial": "counter"}', "kind: file\nserial: counter\n"])
def test_settings_may_stand_in_a_file_and_options_stand_above_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "dns.yaml").write_text(text)
    file = ("--settings", str(tmp_path / "dns.yaml"))
    assert opened(*file).serial == "counter"
    assert opened(*file, "--setting", "serial=date").serial == "date"


def test_the_environment_names_the_file_where_no_option_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dns.yaml").write_text("kind: file\nserial: counter\n")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "dns.yaml"))
    assert opened().serial == "counter"


def test_a_file_that_the_environment_names_chooses_no_live_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, "dns.yaml")
    assert not parsed().is_given


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("port=5353", 5353),
        ("sandbox=true", True),
        ('proxied=["www","@"]', ["www", "@"]),
        ('user="123"', "123"),
        ("path=zones/db.shop.example", "zones/db.shop.example"),
        ("zone_id=12345678901234567890123456789012", "12345678901234567890123456789012"),
        ("zone_id=1234567890e1234567890", "1234567890e1234567890"),
        ("name=null", "null"),
        ("secret=a=b", "a=b"),
        ("path=", ""),
    ],
)
def test_a_setting_is_the_value_that_it_looks_like(text: str, value: Any) -> None:
    assert parsed("--setting", text).settings == {text.partition("=")[0]: value}


@pytest.mark.parametrize("text", ["port", "=5353"])
def test_a_setting_that_is_none_is_wrong_usage(text: str) -> None:
    with pytest.raises(click.UsageError, match="is not KEY=VALUE"):
        parsed("--setting", text)


def test_without_a_kind_no_backend_is_guessed() -> None:
    assert not parsed().is_given
    assert parsed("--setting", "port=53").is_given
    with refused(UsageError, field="--backend"):
        parsed("--setting", "port=53").open("shop.example")


@pytest.mark.parametrize("text", ["[1]", "{1: 2}", "{", None])
def test_a_settings_file_that_holds_none_is_refused_by_name(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "dns.yaml").write_text(text)
    file = str(tmp_path / "dns.yaml")
    with refused(UsageError, field="--settings", subject=file, says=r"dns\.yaml"):
        parsed("--settings", file).open("shop.example")


def test_a_setting_that_the_backend_does_not_know_is_refused() -> None:
    with refused(BackendError, field="backend.colour"):
        opened("--backend", "file", "--setting", "colour=red")

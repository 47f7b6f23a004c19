"""Whole octoDNS configurations: what is imported is what octoDNS' own manager would populate."""

from collections.abc import Callable
from pathlib import Path

import pytest
from octodns.manager import Manager
from octodns.zone import Zone

from sophia_infra.dns.importers import Imported
from sophia_infra.dns.importers.octodns_config import is_config, layout, read
from sophia_infra.dns.importers.source import OriginError, Source
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import to_text
from tests.support.refusals import refused
from tests.support.silence import silenced
from tests.support.zone_text import canonical

CONFIG = """\
manager:
  processors: [owner]
processors:
  owner: {class: octodns.processor.acme.AcmeManagingProcessor}
providers:
  config:
    class: octodns.provider.yaml.YamlProvider
    directory: FOLDER/zones
    default_ttl: 600
    enforce_order: false
    escaped_semicolons: true
  split:
    class: octodns.provider.yaml.YamlProvider
    directory: FOLDER/split
    split_extension: .
    enforce_order: false
    escaped_semicolons: false
  over:
    class: octodns.provider.yaml.YamlProvider
    directory: FOLDER/over
    enforce_order: false
    populate_should_replace: true
    escaped_semicolons: true
    ignore_missing_zones: true
zones:
  '*':
    sources: [config]
    targets: []
  big.example.:
    sources: [split, over]
    targets: []
    processors: [owner]
  copy.example.:
    alias: shop.example.
"""
FILES = {
    "zones/shop.example.yaml": """
'': [{type: A, value: 192.0.2.1}, {type: TXT, ttl: 60, value: 'a\\; b'}]
www:
  type: CNAME
  value: shop.example.
geo:
  type: A
  values: [192.0.2.1]
  dynamic:
    pools: {one: {values: [{value: 192.0.2.2}]}}
    rules: [{pool: one}]
  octodns: {healthcheck: {protocol: TCP}}
""",
    "zones/xn--bcher-kva.example.yaml": "www: {type: A, value: 192.0.2.7}\n",
    "split/big.example./$big.example.yaml": "'': {type: A, value: 192.0.2.10}\n'*': {type: A, value: 192.0.2.11}\n",
    "split/big.example./www.yaml": "www: {type: A, ttl: 60, value: 192.0.2.12}\nt: {type: TXT, value: 'v; w'}\n",
    "over/big.example.yaml": "www: {type: A, value: 192.0.2.99}\n",
}

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, {**FILES, "config.yaml": CONFIG})


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("FOLDER/", f"{folder}/"))
    return folder


def populated(config: Path, name: str) -> str:
    """The zone as octoDNS itself makes it, in canonical text."""
    with silenced():
        manager = Manager(str(config))
        zones = manager.config["zones"]
        settings = zones.get(f"{name}.") or zones["*"]
        zone = Zone(f"{name}.", [])
        for source in settings["sources"]:
            manager.providers[source].populate(zone, lenient=True)
    theirs = [
        f"{record.fqdn} {record.ttl} {record._type} "
        f"{value.to_rdata_text() if hasattr(value, 'to_rdata_text') else value}"
        for record in zone.records
        for value in getattr(record, "values", None) or [record.value]
    ]
    return canonical("\n".join(theirs), name)


def imported(path: Path, zone: str) -> Imported:
    return read(path, layout(path), zone)


@pytest.mark.parametrize("zone", ["shop.example", "xn--bcher-kva.example", "big.example"])
def test_a_zone_is_what_octodns_makes_of_its_sources(folder: Path, zone: str) -> None:
    found = imported(folder / "config.yaml", zone)
    assert found.problems == ()
    assert to_text(found.records) == populated(folder / "config.yaml", zone)
    assert len(found.records) > 0


def test_dynamic_zones_and_aliases_are_found(folder: Path) -> None:
    found = layout(folder / "config.yaml")
    assert sorted(found.sources) == ["big.example", "copy.example", "shop.example", "xn--bcher-kva.example"]
    records = imported(folder / "config.yaml", "copy.example").records
    assert [str(one) for one in records if one.owner == "www"] == ["www 600 CNAME shop.example."]


def test_what_is_not_carried_over_is_named(folder: Path) -> None:
    config, zone = folder / "config.yaml", folder / "zones" / "shop.example.yaml"
    assert list(imported(config, "shop.example").notes) == [
        f"{config}: the processor 'owner' is not carried over",
        f"{zone}:7: geo A: dynamic answers are not carried over, only the record's own values",
        f"{zone}:7: geo A: octodns.healthcheck.protocol=TCP is not carried over",
    ]
    assert list(imported(config, "big.example").notes) == [
        f"{config}: the processor 'owner' is not carried over",
        f"{folder}/split/big.example./www.yaml:1: www A is replaced by a later source",
    ]


def test_a_source_that_is_no_yaml_is_named_and_its_settings_are_not(folder: Path) -> None:
    text = CONFIG.replace("  over:", "  cloud: {class: octodns_cloudflare.CloudflareProvider, token: canary}\n  over:")
    (folder / "config.yaml").write_text(
        text.replace("[split, over]", "[cloud, gone, split]").replace("FOLDER", str(folder))
    )
    notes = imported(folder / "config.yaml", "big.example").notes
    assert [note.rpartition("config.yaml: ")[2] for note in notes][1:] == [
        "the source 'cloud' (octodns_cloudflare.CloudflareProvider) is not read, and not carried over",
        "the source 'gone' (which the configuration does not describe) is not read, and not carried over",
    ]
    assert "canary" not in str(notes)


@pytest.mark.parametrize(
    ("glob", "zones"), [("glob: 'shop*'", ["shop.example"]), ("regex: 'xn--'", ["xn--bcher-kva.example"])]
)
def test_a_dynamic_zone_may_be_narrowed(folder: Path, glob: str, zones: list[str]) -> None:
    (folder / "c.yaml").write_text(
        f"providers:\n  config: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}/zones}}\n"
        f"zones:\n  '*':\n    {glob}\n    sources: [config]\n"
    )
    assert list(layout(folder / "c.yaml").sources) == zones


def test_the_directory_may_stand_beside_or_above_the_configuration(folder: Path) -> None:
    config = written(folder, {"env/prod.yaml": CONFIG.replace("FOLDER/", "./")}) / "env" / "prod.yaml"
    assert len(imported(config, "shop.example").records) == 4


@pytest.mark.parametrize("name", [".", "zones"])
def test_a_folder_is_read_by_its_configuration_or_its_zones(folder: Path, name: str) -> None:
    found = Source.of_path(folder / name, "")
    assert found.format == "octodns"
    ttl = 600 if name == "." else 3600
    assert str(found.read(found.pick("Shop.Example.")).records[0]) == f"@ {ttl} A 192.0.2.1"
    told = r"holds .*shop\.example.*pick one with --origin"
    with refused(OriginError, "several-zones", field="--origin", subject=found.file, says=told):
        found.pick(None)
    with refused(OriginError, field="--origin", value="nope.example", says=r"has no zone nope\.example, but "):
        found.pick("nope.example")


def test_a_folder_of_split_zones_is_read(folder: Path) -> None:
    found = Source.of_path(folder / "split", "")
    assert found.pick(None) == "big.example"
    assert len(found.read("big.example").records) == 4


def test_a_missing_zone_file_is_a_problem(folder: Path) -> None:
    (folder / "c.yaml").write_text(
        f"providers:\n  config: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}/zones}}\n"
        "zones:\n  gone.example.:\n    sources: [config]\n"
    )
    assert [one.code for one in imported(folder / "c.yaml", "gone.example").problems] == ["file-missing"]


@pytest.mark.parametrize(
    "text",
    ["zones: 7\nproviders: {}\n", "zones: {}\nproviders:\n  a: [\n", "zones:\n  a..b.: {sources: []}\nproviders: {}\n"],
)
def test_a_configuration_that_can_not_be_read_is_an_error_that_quotes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert is_config(text)
    with pytest.raises(ZoneTextError):
        layout(tmp_path / "config.yaml")


def test_an_empty_folder_is_an_error_that_says_what_it_should_hold(tmp_path: Path) -> None:
    with pytest.raises(ZoneTextError) as caught:
        layout(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.file) == ("field-invalid", str(tmp_path))
    assert "config.yaml" in problem.message

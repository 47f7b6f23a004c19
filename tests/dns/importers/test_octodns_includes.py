"""octoDNS' `!include`: what is imported is what octoDNS makes of it, and nothing outside of the folder is opened."""

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sophia_infra.dns.importers import Imported, import_zone
from sophia_infra.dns.importers.octodns_config import layout, read
from sophia_infra.dns.importers.octodns_yaml import DEPTH_LIMIT, INCLUDED_LIMIT
from sophia_infra.dns.importers.source import Source
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.dns.rr.record import to_text
from tests.dns.importers.test_octodns_config import imported, populated, written

pytestmark = pytest.mark.filterwarnings("ignore:SplitYamlProvider is DEPRECATED:DeprecationWarning")

CONFIG = """\
providers:
  <<: !include shared/providers.yaml
  over:
    class: octodns.provider.yaml.SplitYamlProvider
    directory: env/ZONES_OVER/FOLDER/over
    enforce_order: false
    populate_should_replace: true
    escaped_semicolons: true
zones:
  shop.example.: &usual !include shared/usual.yaml
  data.example.: *usual
"""
IDNA = "xn--bcher-kva"
FILES = {
    "config.yaml": CONFIG,
    "shared/providers.yaml": (
        "config: {class: octodns.provider.yaml.YamlProvider, directory: FOLDER/zones, enforce_order: false,"
        " escaped_semicolons: true, default_ttl: env/ZONES_TTL/600}\n"
    ),
    "shared/usual.yaml": "sources: [config]\ntargets: []\n",
    "zones/shop.example.yaml": """
'': !include common/apex.yaml
_dmarc: &policy !include common/policy.yaml
_dmarc.www: *policy
www:
  type: A
  <<: !include common/defaults.yaml
  <<: !include common/short.yaml
  values: !include common/addresses.yaml
empty: {type: TXT, value: !include common/text.yaml}
""",
    "zones/data.example.yaml": "<<: !include common/names.yaml\nwww: {type: A, value: 192.0.2.9}\n",
    "zones/common/apex.yaml": "- {type: A, value: 192.0.2.1}\n- !include mail.yaml\n",
    "zones/common/mail.yaml": "type: MX\nvalues: [{preference: 10, exchange: mx.else.example.}]\n",
    "zones/common/policy.yaml": "{type: TXT, value: v=DMARC1\\; p=reject}\n",
    "zones/common/defaults.yaml": "ttl: 60\noctodns: {lenient: true}\n",
    "zones/common/short.yaml": "ttl: 30\n",
    "zones/common/addresses.yaml": "[192.0.2.2, 192.0.2.3]\n",
    "zones/common/text.yaml": "a text\n",
    "zones/common/names.yaml": "www: {type: A, value: 192.0.2.8}\nmail: {type: A, value: 192.0.2.7}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, FILES)


def refused(folder: Path, text: str) -> str:
    """The one thing that is wrong with a zone file."""
    (folder / "zones" / "shop.example.yaml").write_text(text)
    (problem,) = imported(folder / "config.yaml", "shop.example").problems
    return str(problem).removeprefix(f"{folder}/")


@pytest.mark.parametrize("zone", ["shop.example", "data.example"])
def test_what_a_zone_includes_is_what_octodns_makes_of_it(folder: Path, zone: str) -> None:
    found = imported(folder / "config.yaml", zone)
    assert found.problems == ()
    assert to_text(found.records) == populated(folder / "config.yaml", zone)


def test_the_environment_stands_above_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONES_TTL", "77")
    found = to_text(imported(folder / "config.yaml", "shop.example").records)
    assert "@ 77 A 192.0.2.1\n" in found
    assert found == populated(folder / "config.yaml", "shop.example")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("env/ZONES_GONE", "the environment has no ZONES_GONE"),
        ("vault/zones", "vault is not asked"),
    ],
)
def test_a_setting_that_stands_for_what_is_not_there_is_refused_by_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str, why: str
) -> None:
    monkeypatch.delenv("ZONES_GONE", raising=False)
    text = (folder / "config.yaml").read_text().replace(f"env/ZONES_OVER/{folder}/over", setting)
    (folder / "config.yaml").write_text(f"secret_handlers: {{vault: {{class: x.Vault}}}}\n{text}")
    with pytest.raises(ZoneTextError) as caught:
        layout(folder / "config.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.field, problem.value) == ("field-invalid", "providers.over.directory", setting)
    assert why in problem.message


def test_no_setting_of_a_provider_that_is_not_read_is_looked_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOUD_TOKEN", raising=False)
    cloud = "\n  cloud: {class: octodns_cloudflare.CloudflareProvider, token: env/CLOUD_TOKEN}\n  over:"
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("\n  over:", cloud))
    assert imported(folder / "config.yaml", "shop.example").problems == ()


def test_a_problem_and_a_note_name_the_included_file_and_its_line(folder: Path) -> None:
    (folder / "zones/common/apex.yaml").write_text("- {type: A, value: 192.0.2.1}\n- {type: URLFWD, value: x.}\n- 7\n")
    found = imported(folder / "config.yaml", "shop.example")
    apex = folder / "zones" / "common" / "apex.yaml"
    assert f"{apex}:2: @ URLFWD is no record type of the DNS and is not carried over: x." in found.notes
    assert [(one.file, one.line) for one in found.problems] == [(str(apex), 3)]


def test_one_zone_file_alone_includes_what_stands_beside_it(folder: Path) -> None:
    path = folder / "zones" / "shop.example.yaml"
    source = Source.of_path(path, path.read_text())
    assert "www 30 A 192.0.2.3\n" in to_text(source.read(source.pick(None)).records)
    assert "_dmarc 3600 TXT" in to_text(Source.of_path(path.parent, "").read("shop.example").records)


def test_a_text_without_a_file_includes_nothing() -> None:
    (problem,) = import_zone("www: !include /etc/passwd\n", "shop.example", "octodns").problems
    assert (problem.code, problem.line) == ("include-refused", 1)
    assert "'/etc/passwd' can't be opened from here" in problem.message


@pytest.mark.parametrize("path", ["/etc/passwd", "../../outside.yaml", "~/outside.yaml", "link.yaml"])
def test_nothing_outside_of_the_folder_is_opened(folder: Path, path: str) -> None:
    (folder.parent / "outside.yaml").write_text("secret: canary\n")
    (folder / "zones" / "link.yaml").symlink_to(folder.parent / "outside.yaml")
    told = refused(folder, f"a: {{type: A, value: 192.0.2.1}}\nwww: !include {path}\n")
    assert told.startswith(f"zones/shop.example.yaml:2: !include: '{path}' lies outside of {folder}")
    assert "canary" not in told


def test_a_file_beside_the_configuration_may_be_included_from_a_zone(folder: Path) -> None:
    (folder / "shared" / "www.yaml").write_text("{type: A, value: 192.0.2.4}\n")
    (folder / "zones" / "shop.example.yaml").write_text("www: !include ../shared/www.yaml\n")
    assert to_text(imported(folder / "config.yaml", "shop.example").records) == "www 600 A 192.0.2.4\n"


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("a.yaml", "x: !include a.yaml\n", "a.yaml:1: !include: 'a.yaml' includes itself"),
        (
            "a.yaml",
            "x: !include ./../zones/shop.example.yaml\n",
            "a.yaml:1: !include: './../zones/shop.example.yaml' inc",
        ),
        ("a.yaml", "x: [\n", "a.yaml:2: file: it is not YAML"),
        ("a.yaml", "--- 1\n--- 2\n", "a.yaml:2: file: it is not YAML"),
        ("b.yaml", "", "shop.example.yaml:1: !include: 'a.yaml' can't be opened: No such file"),
    ],
)
def test_a_file_that_can_not_be_included_is_a_problem_at_its_place(
    folder: Path, file: str, text: str, why: str
) -> None:
    (folder / "zones" / file).write_text(text)
    assert refused(folder, "www: !include a.yaml\n").startswith(f"zones/{why}")


def test_files_nest_to_a_limit(folder: Path) -> None:
    for number in range(DEPTH_LIMIT):
        (folder / "zones" / f"{number}.yaml").write_text(f"!include {number + 1}.yaml\n")
    (folder / "zones" / f"{DEPTH_LIMIT - 1}.yaml").write_text("{type: A, value: 192.0.2.1}\n")
    assert "stands 16 files deep; nest !include less deeply" in refused(folder, "www: !include 0.yaml\n")
    (folder / "zones" / "shop.example.yaml").write_text("www: !include 1.yaml\n")
    assert imported(folder / "config.yaml", "shop.example").problems == ()


def test_what_is_included_is_bounded(folder: Path) -> None:
    (folder / "zones" / "a.yaml").write_text("[192.0.2.1]\n")
    text = "".join(f"{name}: {{type: A, values: !include a.yaml}}\n" for name in "abcdefghij")
    (folder / "zones" / "shop.example.yaml").write_text(text)
    config = folder / "config.yaml"
    (problem,) = read(config, layout(config), "shop.example", included_limit=100).problems
    assert str(problem).startswith(f"{folder}/zones/shop.example.yaml:9: !include: with 'a.yaml', more than 100 octets")


def test_files_that_include_the_next_nine_times_over_are_refused_by_number(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sophia_infra.dns.importers.octodns_yaml.INCLUDES_LIMIT", 100)
    for number in range(9):
        (folder / "zones" / f"{number}.yaml").write_text("\n".join([f"- !include {number + 1}.yaml"] * 9))
    (folder / "zones" / "9.yaml").write_text("{type: A, value: 192.0.2.1}\n")
    told = refused(folder, "www: !include 0.yaml\n")
    assert re.match(r"zones/8.yaml:\d: !include: '9.yaml' would be file 101 that is included, the limit is 100; ", told)


def test_what_is_no_plain_file_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "zones" / "pipe.yaml")
    told = refused(folder, "www: !include pipe.yaml\n")
    assert told.startswith("zones/shop.example.yaml:1: !include: 'pipe.yaml' is no plain file")


def test_a_zones_own_file_is_bounded(folder: Path) -> None:
    with (folder / "zones" / "shop.example.yaml").open("wb") as file:
        file.truncate(INCLUDED_LIMIT + 1)
    with pytest.raises(
        ZoneTextError, match=f"zones/shop.example.yaml: file: it holds more than {INCLUDED_LIMIT} octets"
    ):
        imported(folder / "config.yaml", "shop.example")


def test_a_configuration_includes_from_its_own_folder_only(folder: Path) -> None:
    (folder / "config.yaml").write_text(CONFIG.replace("shared/usual.yaml", "../usual.yaml"))
    (folder.parent / "usual.yaml").write_text("sources: [config]\n")
    with pytest.raises(ZoneTextError) as caught:
        layout(folder / "config.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.field, problem.line) == ("include-refused", "!include", 10)
    assert problem.file.endswith("config.yaml")
    assert problem.message.startswith("'../usual.yaml' lies outside of")


def test_mappings_that_merge_each_other_nine_times_over_stay_as_small_as_they_are(folder: Path) -> None:
    levels = "".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    text = f"a0: &a0 {{type: A, value: 192.0.2.1}}\n{levels}"
    (folder / "zones" / "shop.example.yaml").write_text(text)
    found = imported(folder / "config.yaml", "shop.example")
    assert sorted(record.owner for record in found.records if record.rdata == "192.0.2.1") == sorted(
        f"a{n}" for n in range(30)
    )


@pytest.mark.parametrize("text", ["www: {type: A, <<: !include a.yaml}\n", "www: {type: A, <<: [!include a.yaml]}\n"])
def test_only_mappings_are_merged(folder: Path, text: str) -> None:
    (folder / "zones" / "a.yaml").write_text("- 1\n")
    assert "only mappings can be merged, not a" in refused(folder, text)


def test_a_name_that_stands_twice_counts_once_and_is_named(folder: Path) -> None:
    (folder / "zones" / "shop.example.yaml").write_text(
        "www: {type: A, value: 192.0.2.1}\nmail: {type: A, value: 192.0.2.2}\nwww: {type: TXT, value: x}\n"
    )
    found = imported(folder / "config.yaml", "shop.example")
    assert to_text(found.records) == populated(folder / "config.yaml", "shop.example")
    (note,) = found.notes
    assert note.endswith("shop.example.yaml:1: www is replaced by a later one of the same name")


def test_a_zone_whose_name_is_spelt_in_two_ways_is_refused_as_by_octodns(folder: Path) -> None:
    written(folder, {f"zones/{name}.example.yaml": "www: {type: A, value: 192.0.2.1}\n" for name in ("bücher", IDNA)})
    (folder / "config.yaml").write_text((folder / "config.yaml").read_text().replace("data.example", f"{IDNA}.example"))
    problems = imported(folder / "config.yaml", f"{IDNA}.example").problems
    assert f"{IDNA}.example.yaml and bücher.example.yaml are files of the same zone; keep one" in str(problems[0])
    with pytest.raises(Exception, match="Both UTF-8"):
        populated(folder / "config.yaml", f"{IDNA}.example")


def test_a_record_that_stands_twice_is_refused_as_by_octodns(folder: Path) -> None:
    told = refused(folder, "www: [{type: A, value: 192.0.2.1}, {type: TXT, value: x}, {type: A, value: 192.0.2.2}]\n")
    assert "it stands at" in told
    with pytest.raises(Exception, match="Duplicate record www"):
        populated(folder / "config.yaml", "shop.example")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_folder_with_a_damaged_file_is_read_or_refused_by_name(name: str, data: st.DataObject) -> None:
    text = FILES[name]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 12)))
    scrap = data.draw(
        st.one_of(st.text(max_size=5), st.sampled_from(["!include ", "<<: ", "*usual", "&a ", "? ", "[", "env/"]))
    )
    with tempfile.TemporaryDirectory() as place, suppress(ZoneTextError, OSError):
        folder = written(Path(place), FILES | {name: text[:start] + scrap + text[end:]})
        found = layout(folder / "config.yaml")
        for zone in found.sources:
            assert isinstance(read(folder / "config.yaml", found, zone), Imported)


def test_split_folders_are_read_as_octodns_reads_them(folder: Path) -> None:
    """A SplitYamlProvider reads no zone file, whatever is there; within it, a later file replaces."""
    files = {
        "over/shop.example./$shop.example.yaml": "'': {type: A, value: 192.0.2.10}\n'*': {type: A, value: 192.0.2.1}\n",
        "over/shop.example./www.yaml": "www: {type: A, ttl: 60, value: 192.0.2.12}\n",
        "over/shop.example./x.yaml": "www: {type: A, ttl: 60, value: 192.0.2.13}\n",
        "over/shop.example.yaml": "gone: {type: A, value: 192.0.2.14}\n",
        "zones/shop.example./more.yaml": "gone: {type: A, value: 192.0.2.15}\n",
        "shared/usual.yaml": "sources: [config, over]\ntargets: []\n",
    }
    written(folder, files)
    found = imported(folder / "config.yaml", "shop.example")
    assert found.problems == ()
    assert to_text(found.records) == populated(folder / "config.yaml", "shop.example")
    replaced = [note.removeprefix(f"{folder}/") for note in found.notes if "replaced" in note]
    assert replaced == [
        "zones/common/apex.yaml:1: @ A is replaced by a later source",
        "zones/shop.example.yaml:6: www A is replaced by a later source",
        "over/shop.example./www.yaml:1: www A is replaced by a later source",
    ]

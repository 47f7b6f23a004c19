"""One zone as each tool keeps it: whatever it comes from, the zone is the same, and nothing of it is left behind."""

import subprocess
from pathlib import Path

import pytest

from sophia_infra.dns.importers import SOURCES
from sophia_infra.dns.importers.source import Source, detect
from sophia_infra.dns.rr.record import to_text
from tests.dns.importers.test_octodns_config import populated

FOLDER = Path(__file__).parent / "same_zone"
FORMATS = {
    "cloudflare-api.json": "cloudflare-json",
    "cloudflare-export.txt": "cloudflare",
    "get-zones.tsv": "dnscontrol",
    "get-zones.zone": "dnscontrol",
    "godaddy.txt": "godaddy",
    "print-ir.json": "dnscontrol",
    "pulumi-export.json": "pulumi",
    "route53.json": "route53",
    "shop.example.yaml": "octodns",
    "shop.example.zone": "master",
    "terraform-show.json": "terraform",
    "terraform.tfstate": "terraform",
    "tinydns.data": "tinydns",
}


def imported(name: str, chosen: str | None = None) -> str:
    path = FOLDER / name
    found = Source.of_path(path, path.read_text(), chosen).read("shop.example")
    assert found.problems == ()
    assert found.notes == ()
    return to_text(found.records)


def test_every_format_holds_the_zone() -> None:
    assert {path.name for path in FOLDER.iterdir()} == FORMATS.keys()
    assert set(FORMATS.values()) == SOURCES.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_the_zone_is_the_same_from_every_format(name: str) -> None:
    assert imported(name, FORMATS[name]) == imported("shop.example.zone", "master")


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_is_found_out(name: str) -> None:
    found = detect((FOLDER / name).read_text(), name)
    # what DNSControl prints as a zone is a master file
    assert found == ("master" if name == "get-zones.zone" else FORMATS[name])
    assert imported(name) == imported("shop.example.zone", "master")


def test_the_master_file_is_one_to_bind_and_the_yaml_one_to_octodns(tmp_path: Path) -> None:
    frame = "@ 3600 IN SOA ns1.else.example. h.else.example. 1 2 3 4 5\n@ 3600 IN NS ns1.else.example.\n"
    text = (FOLDER / "shop.example.zone").read_text()
    (tmp_path / "zone").write_text(text.replace("$TTL 1h\n", f"$TTL 1h\n{frame}"))
    command = [
        "named-checkzone",
        "-i",
        "none",
        "-D",
        "-o",
        str(tmp_path / "out"),
        "shop.example",
        str(tmp_path / "zone"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    printed = Source.of_path(tmp_path / "out", (tmp_path / "out").read_text(), "master").read("shop.example")
    theirs = [one for one in printed.records if one.type != "SOA" and (one.owner, one.type) != ("@", "NS")]
    assert to_text(theirs) == imported("shop.example.zone", "master")
    config = tmp_path / "config.yaml"
    config.write_text(
        "providers:\n  it: {class: octodns.provider.yaml.YamlProvider, enforce_order: false, escaped_semicolons: true,"
        f" directory: {FOLDER}}}\nzones:\n  shop.example.: {{sources: [it], targets: []}}\n"
    )
    assert populated(config, "shop.example") == imported("shop.example.yaml", "octodns")

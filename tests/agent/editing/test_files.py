"""Which files of a project the agent edits: declared data inside it, reached over no link; the rest is for people."""

import json
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.agent.editing import Places, edits_of
from sophia_infra.agent.operations import Operation, Renew, SetEnvironmentValue, SetRecords, SetSetting
from sophia_infra.changes import EditingError
from sophia_infra.dns.files import ZONE_FILE_LIMIT
from sophia_infra.esc.errors import EscError
from sophia_infra.settings import OF_PEOPLE

WWW = SetRecords("shop.example", "www", "A", ("192.0.2.2",))
ZONE = "$TTL 1h\n@ IN NS ns1.dns.example.\nwww IN A 192.0.2.1 ; web\n"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    folder = tmp_path / "project"
    (folder / "records").mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("# ours\nconfig:\n  shop:domain: shop.example  # the zone\n")
    (folder / "records" / "shop.example.zone").write_text(ZONE)
    return Places(folder, "dev")


def code(places: Places, operation: Operation) -> str:
    with pytest.raises(EditingError) as refused:
        edits_of(places, [operation])
    return refused.value.code


def test_operations_become_a_diff_of_files_and_nothing_is_written(places: Places) -> None:
    zone, stack = edits_of(places, [WWW, SetSetting("sophia:probe", "off"), SetSetting("shop:domain", "shop.example")])
    assert zone.diff.splitlines()[2:] == [
        "@@ -1,3 +1,3 @@",
        " $TTL 1h",
        " @ IN NS ns1.dns.example.",
        "-www IN A 192.0.2.1 ; web",
        "+www IN A 192.0.2.2 ; web",
    ]
    assert stack.path == "Pulumi.dev.yaml"
    assert stack.after == '# ours\nconfig:\n  shop:domain: shop.example  # the zone\n  "sophia:probe": "off"\n'
    assert (places.folder / zone.path).read_text() == ZONE


def test_a_zone_that_only_the_program_declares_is_refused_with_what_a_person_would_change(places: Places) -> None:
    (places.folder / "records" / "shop.example.zone").unlink()
    with pytest.raises(EditingError) as refused:
        edits_of(places, [WWW])
    assert refused.value.code == "declared-in-program"
    assert "www" in str(refused.value)
    assert "192.0.2.2" in str(refused.value)


def test_a_file_that_a_backend_of_ours_writes_is_no_declaration(places: Places) -> None:
    (places.folder / "records" / "shop.example.zone").write_text("; written by sophia-infra: x\n" + ZONE)
    assert code(places, WWW) == "declared-in-program"


@pytest.mark.parametrize(
    ("octets", "of"),
    [(b"\xff" * 9, "not-editable"), (b" " * (ZONE_FILE_LIMIT + 1), "not-editable"), (None, "foreign-file")],
    ids=["no UTF-8", "too large", "hidden"],
)
def test_a_file_that_is_hidden_too_large_or_no_text_is_left_to_people(
    places: Places, octets: bytes | None, of: str
) -> None:
    file = places.folder / "records" / "shop.example.zone"
    if octets:
        file.write_bytes(octets)
    else:
        (places.folder / ".kept").mkdir()
        file.rename(places.folder / ".kept" / file.name)
        (places.folder / "Pulumi.dev.yaml").write_text(f"config:\n  shop:file: .kept/{file.name}\n")
    assert code(places, WWW) == of


def test_two_files_of_one_zone_are_for_people_to_tell_apart(places: Places) -> None:
    (places.folder / "shop.example.zone").write_text(ZONE)
    assert code(places, WWW) == "several-files"


def test_a_link_and_a_file_outside_of_the_project_are_left_alone(places: Places, tmp_path: Path) -> None:
    outside = tmp_path / "outside.zone"
    outside.write_text(ZONE)
    linked = places.folder / "records" / "shop.example.zone"
    linked.unlink()
    linked.symlink_to(outside)
    assert code(places, WWW) == "foreign-file"
    linked.unlink()
    (tmp_path / "shop.example.zone").write_text(ZONE)
    (places.folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": {"shop:zone_file": "../shop.example.zone"}}))
    assert code(places, WWW) == "foreign-file"


@pytest.mark.parametrize("name", [*OF_PEOPLE, "tsigSecret"])
def test_what_bounds_the_agent_is_set_by_people_however_its_key_is_written(places: Places, name: str) -> None:
    assert code(places, SetSetting(f"sophia:{name}", "full")) == "for-people"
    assert code(places, SetSetting(f"sophia:config:{name}", "full")) == "not-editable"


@pytest.mark.parametrize("name", [*OF_PEOPLE, "tsigSecret"])
def test_no_environment_is_a_way_round_to_what_bounds_the_agent(places: Places, name: str) -> None:
    (places.folder / "esc").mkdir()
    (places.folder / "esc" / "dev.yaml").write_text("values:\n  app: {replicas: 2}\n")
    path = f'pulumiConfig["sophia:{name}"]'
    assert code(places, SetEnvironmentValue("dev", path, "full")) == "for-people"
    bound = {f"sophia:{name}": "full"}
    values: tuple[Any, ...] = (bound, [bound], "${app.password}", {"fn::open::x": {}})
    for value in values:
        assert code(places, SetEnvironmentValue("dev", "pulumiConfig", value)) == "not-plain"


def test_a_value_of_an_environment_is_edited_where_it_stands(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (places.folder / "esc").mkdir()
    file = places.folder / "esc" / "dev.yaml"
    file.write_text("values:\n  app: {replicas: 2}  # of each\n  db:\n    password: {fn::secret: x}\n")
    (edit,) = edits_of(
        places, [SetEnvironmentValue("dev", "app.replicas", 3), SetEnvironmentValue("dev", "told", "yes")]
    )
    assert edit.path == "esc/dev.yaml"
    assert edit.after == file.read_text().replace("2}", "3}") + '  told: "yes"\n'
    for name, path in (("dev", "db.password"), ("dev", "app"), ("prod", "app.replicas")):
        with pytest.raises(EscError):
            edits_of(places, [SetEnvironmentValue(name, path, 3)])
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    assert code(places, SetEnvironmentValue("dev", "app.replicas", 3)) == "not-in-files"


def test_no_alias_of_itself_is_written(places: Places) -> None:
    assert code(places, SetRecords("shop.example", "new", "CNAME", ("new.shop.example.",))) == "own-alias"
    assert code(places, SetRecords("shop.example", "new", "CNAME", ("NEW",))) == "own-alias"


@pytest.mark.parametrize("value", ["off", "yes", "2026-11-30", "1_000", "5m", "a: b"])
def test_a_text_reads_back_as_that_text(places: Places, value: str) -> None:
    (edit,) = edits_of(places, [SetSetting("sophia:probe", value)])
    (places.folder / edit.path).write_text(edit.after)
    assert places.settings.get("sophia:probe") == value


def test_a_file_whose_name_only_ends_like_the_zone_s_is_another_zone_s(places: Places) -> None:
    (places.folder / "records" / "shop.example.zone").rename(places.folder / "records" / "myshop.example.zone")
    named = {"config": {"shop:zone": "records/myshop.example.zone"}}
    (places.folder / "Pulumi.dev.yaml").write_text(json.dumps(named))
    assert code(places, WWW) == "declared-in-program"


def test_a_setting_that_is_secret_or_a_mapping_stays(places: Places) -> None:
    (places.folder / "Pulumi.dev.yaml").write_text("config:\n  shop:token:\n    secure: v1:abc\n")
    with pytest.raises(EscError):
        edits_of(places, [SetSetting("shop:token", "x")])


def test_an_operation_that_no_file_declares_is_refused(places: Places) -> None:
    assert code(places, Renew("web")) == "not-editable"

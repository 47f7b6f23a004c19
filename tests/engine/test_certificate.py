"""A certificate on the real engine: made, left alone, renewed, healed, and its key never seen."""

import json
import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sophia_infra.tls.certificates import mark
from tests.engine.certificates import (
    CERTIFICATE,
    WITHIN_WINDOW,
    assert_no_plain_key,
    certificate_program,
    folder,
    keys_in_state,
    move_clock,
    orders,
    revoked_by_hand,
)
from tests.support.workspace import Workspace

pytestmark = pytest.mark.engine
UNCHANGED = "4 unchanged"


def openssl_accepts(folder_: Path, outputs: dict[str, str]) -> bool:
    for name in ("certificate_pem", "chain_pem", "root_pem", "private_key_pem"):
        (folder_ / name).write_text(outputs[name])
    chain = ["openssl", "verify", "-x509_strict", "-CAfile", "root_pem", "-untrusted", "chain_pem", "certificate_pem"]
    public = (
        ["openssl", "x509", "-in", "certificate_pem", "-noout", "-pubkey"],
        ["openssl", "pkey", "-in", "private_key_pem", "-pubout"],
    )
    of_leaf, of_key = (subprocess.run(one, cwd=folder_, capture_output=True, check=True).stdout for one in public)
    return subprocess.run(chain, cwd=folder_, capture_output=True, check=False).returncode == 0 and of_leaf == of_key


def test_it_is_made_once_and_its_key_is_nowhere_in_the_clear(workspace: Workspace, tmp_path: Path) -> None:
    certificate_program(workspace, jitter=0.05, maintenance={"days": ["sun"], "hours": "22:00-04:00"})
    said = [workspace.preview().text]
    assert orders(workspace) == []
    assert "there is no certificate yet" in said[0]

    said.append(workspace.up().text)
    said.append(workspace.preview().text)
    assert UNCHANGED in said[-1]
    assert len(orders(workspace)) == 1

    outputs = workspace.outputs(show_secrets=True)
    opens = datetime.fromisoformat(outputs["next_renewal"])
    assert (opens.weekday(), opens.hour) in {(6, 22), (6, 23), (0, 0), (0, 1), (0, 2), (0, 3)}, "as maintenance says"
    apart = tmp_path / "apart"
    apart.mkdir()
    assert openssl_accepts(apart, outputs)
    said.append(workspace.refresh().text)
    said.append(workspace.preview().text)
    assert UNCHANGED in said[-1]
    assert workspace.outputs()["private_key_pem"] == "[secret]"
    assert_no_plain_key(workspace, outputs["private_key_pem"], json.dumps(workspace.export()), *said)
    assert "BEGIN PRIVATE KEY" not in json.dumps(workspace.export())


def test_it_renews_on_a_plain_up_and_a_plan_saved_days_before_still_holds(certified: Workspace) -> None:
    before = certified.outputs(show_secrets=True)
    plan = str(certified.root / "plan.json")
    certified.preview("--save-plan", plan)

    move_clock(certified, WITHIN_WINDOW)
    overtaken = certified.up("--plan", plan, check=False)
    assert overtaken.returncode != 0
    opens = f"{datetime.fromisoformat(before['next_renewal']):%Y-%m-%d}"
    assert (
        "certificate shop.example: the saved plan fits no more. Due since it was saved: its renewal (renewal "
        f"window reached on {opens}). Nothing was changed; look at a new plan and save it: "
        "pulumi preview --save-plan FILE"
    ) in overtaken.text
    assert "violates plan" not in overtaken.text
    assert certified.outputs(show_secrets=True) == before

    said = certified.preview("--save-plan", plan).text
    assert "medium shop.example certificate renew: renewal window reached on" in said
    assert "~ generation: 1 => 2" in said
    assert len(orders(certified)) == 1

    move_clock(certified, WITHIN_WINDOW + timedelta(days=4))
    certified.pulumi("up", "--yes", "--plan", plan)
    after = certified.outputs(show_secrets=True)
    assert len(orders(certified)) == 2
    assert len(keys_in_state(certified)) == 1
    for name in ("private_key_pem", "certificate_pem", "not_after", "next_renewal"):
        assert before[name] != after[name]
    assert before["root_pem"] == after["root_pem"]
    assert UNCHANGED in certified.preview().text
    assert_no_plain_key(certified, before["private_key_pem"], said)
    assert_no_plain_key(certified, after["private_key_pem"], said)


def test_other_names_another_key_type_and_a_revocation_are_said_and_renewed(certified: Workspace) -> None:

    certificate_program(certified, domains="['shop.example', '10.0.0.1']", key_type="ecdsa-p384")
    said = certified.preview().text
    assert "domains changed: adds 10.0.0.1, drops *.shop.example" in said
    assert "key type changed from ecdsa-p256 to ecdsa-p384" in said
    certified.up()
    (certificate,) = certified.resources(CERTIFICATE)
    assert certificate["outputs"]["generation"] == 2

    told = revoked_by_hand(certified, "shop")
    assert told["serial_number"] == certificate["outputs"]["serial_number"]
    assert "revoked by its issuer (keyCompromise)" in certified.up().text
    (renewed,) = certified.resources(CERTIFICATE)
    assert renewed["outputs"]["generation"] == 3
    assert len(orders(certified)) == 3
    assert UNCHANGED in certified.preview().text

    (revoked,) = folder(certified).glob("crl/*.pem")
    before = x509.load_pem_x509_crl(revoked.read_bytes()).last_update_utc
    move_clock(certified, timedelta(days=21))
    certified.env["SOPHIA_REHEARSAL"] = "apply"
    said = certified.up().text
    assert "warning revocation-list-ends shop.example" in said
    after = x509.load_pem_x509_crl(revoked.read_bytes()).last_update_utc
    assert after - before > timedelta(days=20)
    assert len(orders(certified)) == 3


def test_a_root_that_is_lost_stops_the_run_until_a_person_gives_it_up(certified: Workspace) -> None:
    before = certified.outputs()
    ca = folder(certified)
    lost = mark(before["root_pem"])
    shutil.rmtree(ca / "issued")
    said = certified.up().text
    assert "its issuer has lost its copy; issued again below the same root" in said
    again = certified.outputs()
    assert again["root_pem"] == before["root_pem"]
    assert again["certificate_pem"] != before["certificate_pem"]
    assert UNCHANGED in certified.preview().text

    kept = shutil.copytree(ca, certified.root / "kept")
    for gone in (ca, ca / "authorities"):
        shutil.copytree(kept, ca, dirs_exist_ok=True)
        shutil.rmtree(gone)
        refused = certified.up(check=False)
        assert refused.returncode != 0
        assert f"has lost the key of its root {lost}" in refused.text
        assert "Traceback" not in refused.text
        assert certified.outputs() == again
        assert gone == ca or (ca / "root.pem").read_text() == before["root_pem"]

    certificate_program(certified, issuer={"new_root": lost})
    assert "its root is given up" in certified.up().text
    after = certified.outputs()
    assert (ca / f"root-{lost}.pem").read_text() == before["root_pem"]
    assert after["root_pem"] == (ca / "root.pem").read_text() != before["root_pem"]
    assert UNCHANGED in certified.preview().text

    shutil.rmtree(certified.root / ".sophia")  # another new machine: the word was for the first root
    assert f"has lost the key of its root {mark(after['root_pem'])}" in certified.preview(check=False).text


def test_what_the_state_has_lost_is_healed_without_an_order(certified: Workspace) -> None:
    good = certified.outputs()["certificate_pem"]

    exported = certified.export()
    for resource in exported["deployment"]["resources"]:
        if resource["type"].endswith(CERTIFICATE):
            resource["outputs"]["certificate_pem"] = "damaged"
    path = certified.write("state.json", json.dumps(exported))
    certified.pulumi("stack", "import", "--file", str(path))

    said = certified.up().text
    assert "it is taken from its issuer again" in said
    assert certified.outputs()["certificate_pem"] == good
    assert len(orders(certified)) == 1
    assert UNCHANGED in certified.preview().text


def test_a_name_that_another_resource_makes_waits_for_it(workspace: Workspace) -> None:
    late = (
        "from pulumi.dynamic import CreateResult, Resource, ResourceProvider\n"
        "class Host(ResourceProvider):\n"
        "    def create(self, props): return CreateResult('host', {'name': 'late.example'})\n"
        "class Late(Resource):\n"
        "    name: pulumi.Output[str]\n"
        "late = Late(Host(), 'late', {'name': None})\n"
    )
    certificate_program(workspace, before=late, domains="['shop.example', late.name]")
    assert "waits for domains, not known before the apply" in workspace.preview().text
    workspace.up()
    (certificate,) = workspace.resources(CERTIFICATE)
    assert certificate["outputs"]["domains"] == ["shop.example", "late.example"]
    assert "5 unchanged" in workspace.preview().text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"domains": "['bad_name.example']"}, "has the label 'bad_name'"),
        # tests/tls refuses each argument without the engine
        pytest.param(
            {"key_type": "rsa-2048"},
            "a new key must be stronger: give rsa-3072, or leave it out for ecdsa-p256",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"issuer": {"permitted": ["other.example"]}},
            "'shop.example' is outside what this CA may sign for",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_a_wrong_argument_is_one_clear_error_and_nothing_is_made(
    arguments: dict[str, object], says: str, workspace: Workspace
) -> None:
    certificate_program(workspace, **arguments)  # type: ignore[arg-type]
    refused = workspace.preview(check=False)
    assert refused.returncode != 0
    assert says in refused.text
    assert "Traceback" not in refused.text
    assert orders(workspace) == []
    assert not folder(workspace).exists()


@pytest.mark.soak
def test_weeks_of_daily_runs_renew_a_certificate_of_six_days_every_third_day(workspace: Workspace) -> None:
    certificate_program(workspace, lifetime="6d", jitter=0)
    for day in range(25):
        move_clock(workspace, timedelta(days=day))
        workspace.up()
        assert len(orders(workspace)) == 1 + day // 3
        assert datetime.fromisoformat(workspace.outputs()["not_after"]) > datetime.fromisoformat(
            workspace.env["SOPHIA_NOW"]
        )

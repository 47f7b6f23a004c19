"""A deployment in `check` and in an apply, without the engine."""

from pathlib import Path
from typing import Any

import pytest

from sophia_infra import settings
from sophia_infra.journal import Journal
from sophia_infra.tls.deploy import DeployError, DeploySettings
from sophia_infra.tls.deploy.files import Files
from sophia_infra.tls.deploy_resource import CertificateDeploymentProvider
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.values import Value
from tests.tls.orders import issue, order


@pytest.fixture(autouse=True)
def _each_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "")


@pytest.fixture
def inputs(folder: Path, tmp_path: Path) -> dict[str, Any]:
    issued = issue(folder)
    return {
        "label": "demo/test/shop",
        "domains": ["shop.example"],
        "deploy": {"files": str(tmp_path / "shop")},
        "private_key_pem": "the key",
        "certificate_pem": issued.certificate_pem,
        "chain_pem": issued.chain_pem,
    }


def renewed(inputs: dict[str, Any], folder: Path) -> dict[str, Any]:
    ca = EmbeddedCa.at(str(folder))
    held = ca.latest("demo/test/shop")
    issued = ca.issue(order(generation=2, base=held.base if held else ""))
    return {**inputs, "private_key_pem": "the next key", "certificate_pem": issued.certificate_pem}


def checked(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    result = CertificateDeploymentProvider().check(olds, news)
    assert not result.failures, result.failures[0].reason
    return dict(result.inputs)


def reasons(published: dict[str, Any]) -> list[str]:
    return [str(reason).partition("deploy: ")[2] for reason in published["changes"]["reasons"]]


def test_it_is_planned_applied_and_then_left_alone(inputs: dict[str, Any], tmp_path: Path) -> None:
    planned = checked({}, inputs)
    assert reasons(planned) == [f"{tmp_path}/shop/current is to lead to it"]
    assert not (tmp_path / "shop").exists()
    outputs = CertificateDeploymentProvider().create(planned).outs
    assert "private_key_pem" not in (outputs or {})
    again = checked(planned, inputs)
    assert again["changes"]["updates"] == 0
    assert not CertificateDeploymentProvider().diff("", {}, again).changes


def test_one_that_was_cut_off_after_the_files_is_finished(inputs: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    planned = checked({}, inputs)
    CertificateDeploymentProvider().create(planned)
    news = renewed(inputs, folder)
    CertificateDeploymentProvider().update("", {}, news)
    assert reasons(checked(planned, news)) == ["an earlier run was cut off between the files and the server"]


def test_two_certificates_do_not_share_a_folder(
    inputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "one")
    checked({}, inputs)
    (tmp_path / "link").symlink_to(tmp_path)
    other = {**inputs, "label": "demo/test/other", "deploy": {"files": str(tmp_path / "link" / "shop")}}
    (failed,) = CertificateDeploymentProvider().check({}, other).failures
    assert "is that of 'demo/test/shop' and of 'demo/test/other'" in failed.reason


def test_a_reload_that_fails_brings_back_the_version_before(inputs: dict[str, Any], folder: Path) -> None:
    CertificateDeploymentProvider().create(inputs)
    files = Files(DeploySettings(Path(inputs["deploy"]["files"])))
    failing = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["false"]}}
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().update("", {}, failing)
    assert refused.value.code == "reload-failed"
    assert "the version before it is in use again, but false ended with 1" in str(refused.value)
    assert files.used() == inputs["certificate_pem"]


def test_an_expired_version_is_not_brought_back(
    inputs: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CertificateDeploymentProvider().create(inputs)
    monkeypatch.setenv("SOPHIA_NOW", "2027-06-01T00:00:00+00:00")
    news = renewed(inputs, folder)
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().update("", {}, {**news, "deploy": {**news["deploy"], "reload": ["false"]}})
    assert "no version before it is good, so it stays in use" in str(refused.value)
    assert Files(DeploySettings(Path(inputs["deploy"]["files"]))).used() == news["certificate_pem"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ("/etc/ssl/shop", "deploy"),
        ({}, "deploy.files"),
        ({"files": ""}, "deploy.files"),
        ({"files": "x", "reload": "nginx -s reload"}, "deploy.reload"),
        ({"files": "x", "reload": ["nginx", 3]}, "deploy.reload[1]"),
        ({"files": "x", "mode": 600}, "deploy.mode"),
        ({"files": "x", "mode": "0644"}, "deploy.mode"),
        ({"files": "x", "mode": "4600"}, "deploy.mode"),
        ({"files": "x", "owner": "-1"}, "deploy.owner"),
        ({"files": "x", "file": "y"}, "deploy.file"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_path(given: Any, field: str) -> None:
    with pytest.raises(DeployError) as refused:
        DeploySettings.read(Value("deploy", given, DeployError))
    assert (refused.value.code, refused.value.field) == ("deploy", field)


def test_the_journal_and_the_messages_know_no_key(inputs: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    checked({}, {**inputs, "private_key_pem": "the canary"})
    CertificateDeploymentProvider().create({**inputs, "private_key_pem": "the canary"})
    journal: Journal = settings.journal(lambda _key: None)
    assert "canary" not in "".join(map(str, journal.entries(None, None, 1000)))
    assert "canary" not in "".join(capfd.readouterr())

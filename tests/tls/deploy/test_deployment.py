"""A deployment in `check` and in an apply, without the engine."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.delivery import reload
from sophia_infra.journal import Journal
from sophia_infra.tls import keys
from sophia_infra.tls.certificates import Certificate
from sophia_infra.tls.deploy import DeployError, DeploySettings, deployment
from sophia_infra.tls.deploy.files import FULL, LEAF, Files
from sophia_infra.tls.deploy_resource import CertificateDeploymentProvider
from sophia_infra.tls.events import CertificateEvent, Event, events, note
from sophia_infra.tls.issuers.embedded import EmbeddedCa
from sophia_infra.tls.spec import CertificateSpec, KeyType
from sophia_infra.tls.when.renewal import emergency
from sophia_infra.values import Value
from tests.support.kills import Step, die_before
from tests.support.refusals import refused
from tests.support.tls_server import TlsServer, tls_server
from tests.tls.orders import DOMAINS, NOW, issue, order, run


@pytest.fixture(autouse=True)
def _each_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_RUN", "")


@pytest.fixture
def inputs(folder: Path, tmp_path: Path) -> dict[str, Any]:
    private, csr_pem = pair()
    issued = issue(folder, csr_pem=csr_pem)
    return {
        "label": "demo/test/shop",
        "domains": ["shop.example"],
        "deploy": {"files": str(tmp_path / "shop")},
        "private_key_pem": private,
        "certificate_pem": issued.certificate_pem,
        "chain_pem": issued.chain_pem,
    }


def pair() -> tuple[str, str]:
    key = keys.generate(KeyType.ECDSA_P256)
    return keys.private_pem(key), keys.signing_request(key, DOMAINS)


def renewed(inputs: dict[str, Any], folder: Path) -> dict[str, Any]:
    ca = EmbeddedCa.at(str(folder))
    held = ca.latest("demo/test/shop")
    private, csr_pem = pair()
    issued = ca.issue(order(generation=2, base=held.base if held else "", csr_pem=csr_pem))
    made = {"private_key_pem": private, "certificate_pem": issued.certificate_pem, "generation": 2}
    return {**inputs, **made}


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


STEPS: list[Step] = [(os, "replace"), (os, "symlink"), (Journal, "write"), (reload, "run")]


def deploy_and_die(olds: dict[str, Any], planned: dict[str, Any], at: int, told: Path) -> None:
    met = die_before(at, STEPS)
    CertificateDeploymentProvider().update("", olds, planned)
    told.write_text(" ".join(met))


def test_a_kill_before_any_step_of_a_deploy_ends_with_the_new_certificate_served(
    inputs: dict[str, Any], folder: Path, tmp_path: Path
) -> None:
    at, told, provider = 0, tmp_path / "told", CertificateDeploymentProvider()
    news = renewed(inputs, folder)
    while not told.exists():
        at += 1
        shop, server = tmp_path / f"shop-{at}", tmp_path / f"served-{at}.pem"
        deploy = {"files": str(shop), "reload": ["cp", str(shop / "current" / "fullchain.pem"), str(server)]}
        olds, wanted = checked({}, {**inputs, "deploy": deploy}), {**news, "deploy": deploy}
        provider.create(olds)
        ended = run(deploy_and_die, olds, checked(olds, wanted), at, told)
        assert ended == (0 if told.exists() else -signal.SIGKILL)
        assert server.read_text().startswith((inputs["certificate_pem"], news["certificate_pem"]))
        planned = checked(olds, wanted)
        assert planned["changes"]["updates"] == 1, "the state has the old one still"
        provider.update("", olds, planned)
        assert Files(DeploySettings(shop)).used()[LEAF] == news["certificate_pem"]
        assert server.read_text().startswith(news["certificate_pem"])
        assert checked(planned, wanted)["changes"]["updates"] == 0
    assert {name for _, name in STEPS} == set(told.read_text().split())


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
    assert files.used()[LEAF] == inputs["certificate_pem"]


@pytest.fixture
def failed(inputs: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Inputs whose deploy has failed just now, and that of before is in use again."""
    CertificateDeploymentProvider().create(inputs)
    failing = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["false"]}}
    fail(inputs, failing)
    return failing


def fail(olds: dict[str, Any], news: dict[str, Any]) -> None:
    with refused(DeployError, "reload-failed"):
        CertificateDeploymentProvider().update("", olds, news)


def test_a_deploy_that_failed_waits_for_longer_each_time_and_what_serves_stays(
    inputs: dict[str, Any], failed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = NOW
    for minutes in (1, 10, 100, 1200, 1200):
        due = begun + timedelta(minutes=minutes)
        monkeypatch.setenv("SOPHIA_NOW", (due - timedelta(seconds=1)).isoformat())
        waits = checked(inputs, failed)
        assert not CertificateDeploymentProvider().diff("", inputs, waits).changes
        (finding,) = waits["advice"]["findings"]
        assert (finding["code"], finding["level"], finding["subject"]) == (
            "deploy-held-back",
            "warning",
            "shop.example",
        )
        assert f"the next try is due at {due:%Y-%m-%d %H:%M} UTC" in finding["message"]
        assert "SOPHIA_RETRY=shop.example pulumi up" in finding["fix"]
        monkeypatch.setenv("SOPHIA_NOW", due.isoformat())
        assert reasons(checked(inputs, failed)) == [f"{inputs['deploy']['files']}/current holds another certificate"]
        fail(inputs, failed)
        begun = due
    assert Files(DeploySettings(Path(inputs["deploy"]["files"]))).used()[LEAF] == inputs["certificate_pem"]


def test_a_person_and_another_setting_have_it_tried_at_once_and_one_that_goes_well_ends_it(
    inputs: dict[str, Any], failed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reasons(checked(inputs, failed)) == []
    monkeypatch.setenv("SOPHIA_RETRY", "shop.example")
    assert reasons(checked(inputs, failed))
    monkeypatch.delenv("SOPHIA_RETRY")
    mended = {**failed, "deploy": {**failed["deploy"], "reload": ["true"]}}
    assert reasons(checked(inputs, mended))

    monkeypatch.setattr(reload, "run", lambda _words: "")
    CertificateDeploymentProvider().update("", inputs, failed)
    (Path(inputs["deploy"]["files"]) / "current" / LEAF).write_text("another's")
    assert reasons(checked(failed, failed)), "what failed before that one counts no more"


def test_a_first_deploy_that_failed_is_refused_until_it_is_due(inputs: dict[str, Any]) -> None:
    news = {**inputs, "deploy": {**inputs["deploy"], "reload": ["false"]}}
    with refused(DeployError, "reload-failed"):
        CertificateDeploymentProvider().create(news)
    (failure,) = CertificateDeploymentProvider().check({}, news).failures
    assert "try 1 of deploying it failed (reload-failed) at 2026-11-23 12:00 UTC" in failure.reason
    assert "deploy at once with SOPHIA_RETRY=shop.example pulumi up" in failure.reason


def test_nothing_holds_a_deploy_back_where_what_is_in_use_is_near_its_end(
    inputs: dict[str, Any], failed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Certificate.read(inputs["certificate_pem"])
    monkeypatch.setenv("SOPHIA_NOW", emergency(held.not_before, held.not_after).isoformat())
    fail(inputs, failed)
    assert Files(DeploySettings(Path(inputs["deploy"]["files"]))).used()[LEAF] == failed["certificate_pem"]
    monkeypatch.setenv("SOPHIA_NOW", (held.not_after - timedelta(hours=1)).isoformat())
    Files(DeploySettings(Path(inputs["deploy"]["files"]))).roll_back()
    fail(inputs, failed)
    assert reasons(checked(inputs, failed))


def test_an_expired_version_is_not_brought_back(
    inputs: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CertificateDeploymentProvider().create(inputs)
    monkeypatch.setenv("SOPHIA_NOW", "2027-06-01T00:00:00+00:00")
    news = renewed(inputs, folder)
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().update("", {}, {**news, "deploy": {**news["deploy"], "reload": ["false"]}})
    assert "false ended with 1; it stays in use" in str(refused.value)
    assert Files(DeploySettings(Path(inputs["deploy"]["files"]))).used()[LEAF] == news["certificate_pem"]


def test_a_version_that_lacks_a_file_is_not_brought_back(inputs: dict[str, Any], folder: Path) -> None:
    CertificateDeploymentProvider().create(inputs)
    news = renewed(inputs, folder)
    (Path(inputs["deploy"]["files"]) / "current" / FULL).unlink()
    with refused(DeployError, "reload-failed", says="it stays in use"):
        CertificateDeploymentProvider().update("", {}, {**news, "deploy": {**news["deploy"], "reload": ["false"]}})


@pytest.mark.parametrize("by", ["the program", "hand", "its authority"])
def test_a_revoked_version_is_not_brought_back(by: str, inputs: dict[str, Any], folder: Path) -> None:
    CertificateDeploymentProvider().create(inputs)
    news = {**renewed(inputs, folder), "issuer": {"folder": str(folder)}}
    serial = Certificate.read(inputs["certificate_pem"]).serial_number
    if by == "the program":
        news["revoke"] = {"serial_number": serial}
    elif by == "hand":
        spec = CertificateSpec.from_inputs(news)
        note(Journal.open(), spec.label, CertificateEvent.of(Event.REVOKED, spec, 1, serial_number=serial))
    else:
        EmbeddedCa.at(str(folder)).revoke(serial)
    with refused(DeployError, "reload-failed", says="it stays in use"):
        CertificateDeploymentProvider().update("", {}, {**news, "deploy": {**news["deploy"], "reload": ["false"]}})
    files = Files(DeploySettings(Path(inputs["deploy"]["files"])))
    assert files.used()[LEAF] == news["certificate_pem"]
    files.roll_back()
    assert reasons(checked(inputs, news)), "nothing holds a deploy back where what is in use is revoked"


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


def test_a_key_of_another_certificate_is_not_deployed(inputs: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().create({**inputs, "private_key_pem": pair()[0]})
    assert refused.value.code == "deploy-mismatched"
    assert not (tmp_path / "shop").exists()


def told() -> list[str]:
    """What the journal tells of the certificate, oldest first."""
    return [str(found.row.what) for found in events(Journal.open(), "demo/test/shop")][::-1]


@pytest.fixture
def served(inputs: dict[str, Any], tmp_path: Path) -> Iterator[tuple[dict[str, Any], TlsServer]]:
    """A certificate that is deployed, with a server that serves it."""
    CertificateDeploymentProvider().create(inputs)
    used = tmp_path / "shop" / "current"
    with tls_server(used / "fullchain.pem", used / "privkey.pem") as server:
        yield {**inputs, "endpoints": [f"127.0.0.1:{server.port}#shop.example"]}, server


def reloads(server: TlsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, works: bool = True) -> list[str]:
    """Let the reload command have the server read what is in use, or nothing."""
    used, ran = tmp_path / "shop" / "current", []

    def run(words: tuple[str, ...]) -> str:
        ran.append(words[0])
        if works:
            server.read(used / "fullchain.pem", used / "privkey.pem")
        return ""

    monkeypatch.setattr(reload, "run", run)
    return ran


def test_a_new_certificate_is_seen_where_it_is_served(
    served: tuple[dict[str, Any], TlsServer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, server = served
    reloads(server, tmp_path, monkeypatch)
    news = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["reload"]}}
    CertificateDeploymentProvider().update("", inputs, news)
    assert told() == ["deployed", "deployed", "verified"]
    assert reasons(checked(news, news)) == []


def test_one_that_is_not_served_gives_way_to_the_one_before(
    served: tuple[dict[str, Any], TlsServer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, server = served
    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    ran = reloads(server, tmp_path, monkeypatch, works=False)
    news = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["reload"]}}
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().update("", inputs, news)
    assert refused.value.code == "not-served"
    assert "serves another certificate after it was deployed; the version before it is in use again" in str(
        refused.value
    )
    assert Files(DeploySettings(tmp_path / "shop")).used()[LEAF] == inputs["certificate_pem"]
    assert ran == ["reload", "reload"]
    assert told() == ["deployed", "deploy-failed", "rolled-back"]

    reloads(server, tmp_path, monkeypatch)
    CertificateDeploymentProvider().update("", inputs, news)
    assert told()[-1] == "verified"


@pytest.mark.parametrize("shows", ["this one", "another one"])
def test_a_server_with_files_of_its_own_keeps_no_certificate_out_of_use(
    served: tuple[dict[str, Any], TlsServer],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    shows: str,
) -> None:
    inputs, server = served
    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    news = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["reload"]}}
    shown = inputs if shows == "this one" else renewed(inputs, folder)
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_text(shown["certificate_pem"] + shown["chain_pem"])
    key.write_text(shown["private_key_pem"])
    with tls_server(chain, key) as other:
        place = f"127.0.0.1:{other.port}#shop.example"
        news["endpoints"] = [*inputs["endpoints"], place]
        reloads(server, tmp_path, monkeypatch)
        CertificateDeploymentProvider().update("", inputs, news)
    files = Files(DeploySettings(tmp_path / "shop"))
    assert files.used()[LEAF] == news["certificate_pem"]
    assert f"{place} serves another certificate; give its server the certificate" in capfd.readouterr().err
    assert told() == ["deployed", "deployed"]


def test_one_that_breaks_its_server_gives_way_though_another_place_serves_it(
    served: tuple[dict[str, Any], TlsServer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, server = served
    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    used = tmp_path / "shop" / "current"
    with tls_server(used / "fullchain.pem", used / "privkey.pem") as other:
        news = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["reload"]}}
        news["endpoints"] = [*inputs["endpoints"], f"127.0.0.1:{other.port}#shop.example"]

        def run(_words: tuple[str, ...]) -> str:
            server.read(used / "fullchain.pem", used / "privkey.pem")
            other.close()
            return ""

        monkeypatch.setattr(reload, "run", run)
        with pytest.raises(DeployError) as refused:
            CertificateDeploymentProvider().update("", inputs, news)
    assert refused.value.code == "not-served"
    assert Files(DeploySettings(tmp_path / "shop")).used()[LEAF] == inputs["certificate_pem"]


def test_near_the_end_of_the_one_before_nothing_gives_way_to_it(
    served: tuple[dict[str, Any], TlsServer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, server = served
    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    reloads(server, tmp_path, monkeypatch, works=False)
    news = {**renewed(inputs, folder), "deploy": {**inputs["deploy"], "reload": ["reload"]}}
    held, files = Certificate.read(inputs["certificate_pem"]), Files(DeploySettings(tmp_path / "shop"))
    nears = emergency(held.not_before, held.not_after)
    for now, used in ((nears - timedelta(seconds=1), inputs), (nears, news)):
        monkeypatch.setenv("SOPHIA_NOW", now.isoformat())
        with pytest.raises(DeployError) as refused:
            CertificateDeploymentProvider().update("", inputs, news)
        assert refused.value.code == "not-served"
        assert files.used()[LEAF] == used["certificate_pem"]


def test_one_that_was_cut_off_before_its_server_read_it_gives_way_as_well(
    served: tuple[dict[str, Any], TlsServer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, _ = served
    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    news, files = renewed(inputs, folder), Files(DeploySettings(tmp_path / "shop"))
    files.install(deployment.Deployment.read(news).version)
    with pytest.raises(DeployError) as refused:
        CertificateDeploymentProvider().update("", inputs, news)
    assert refused.value.code == "not-served"
    assert files.used()[LEAF] == inputs["certificate_pem"]


def test_a_file_that_was_altered_is_put_right_under_endpoints(
    served: tuple[dict[str, Any], TlsServer], tmp_path: Path
) -> None:
    inputs, _ = served
    (tmp_path / "shop" / "current" / LEAF).write_text("not a certificate")
    CertificateDeploymentProvider().update("", inputs, inputs)
    assert told()[-1] == "verified"


def test_an_endpoint_that_did_not_answer_before_holds_nothing_up(
    served: tuple[dict[str, Any], TlsServer], folder: Path
) -> None:
    inputs, server = served
    server.close()
    news = renewed(inputs, folder)
    CertificateDeploymentProvider().update("", inputs, news)
    assert told() == ["deployed", "deployed"]


def test_a_server_that_missed_its_reload_is_told_again_and_stays_with_this_certificate(
    served: tuple[dict[str, Any], TlsServer],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    inputs, server = served
    news = renewed(inputs, folder)
    CertificateDeploymentProvider().update("", inputs, {**news, "endpoints": []})
    news["deploy"] = {**news["deploy"], "reload": ["reload"]}
    planned = checked(news, news)
    (why,) = reasons(planned)
    assert why.startswith(f"127.0.0.1:{server.port}#shop.example: it serves an older certificate: serial")

    monkeypatch.setattr(deployment, "_PAUSE", 0.01)
    reloads(server, tmp_path, monkeypatch, works=False)
    CertificateDeploymentProvider().update("", news, planned)
    assert f"{server.port}#shop.example serves another certificate; give its server" in capfd.readouterr().err
    assert Files(DeploySettings(tmp_path / "shop")).used()[LEAF] == news["certificate_pem"]
    assert told()[-1] == "deployed"

    reloads(server, tmp_path, monkeypatch)
    CertificateDeploymentProvider().update("", news, planned)
    assert told()[-1] == "verified"


def test_the_journal_and_the_messages_know_no_key(inputs: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    checked({}, inputs)
    CertificateDeploymentProvider().create(inputs)
    said = "".join([*map(str, Journal.open().entries(None, None, 1000)), *capfd.readouterr()])
    assert not any(line in said for line in inputs["private_key_pem"].splitlines())

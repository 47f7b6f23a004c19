"""The debug trail of a certificate, from check to delete: which step decided what, and never a secret."""

import logging
from pathlib import Path
from typing import Any

import pytest

from sophia_infra.tls.certificate_resource import CertificateProvider
from sophia_infra.tls.deploy import DeployError
from sophia_infra.tls.deploy_resource import SECRET as KEY
from sophia_infra.tls.deploy_resource import CertificateDeploymentProvider
from sophia_infra.tls.key_resource import CertificateKeyProvider
from tests.support.refusals import refused
from tests.tls.orders import DOMAINS, checked, created

OF = "certificate of demo/test/shop"


@pytest.fixture
def asked(folder: Path) -> dict[str, Any]:
    return {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(folder)}}


def applied(provider: Any, news: dict[str, Any]) -> dict[str, Any]:
    planned = provider.check({}, news)
    assert not planned.failures
    return dict(provider.create(planned.inputs).outs)


def test_the_trail_names_each_step_and_no_key(
    asked: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="sophia_infra"):
        made = applied(CertificateKeyProvider(), asked)
        outs = created(checked({}, {**asked, "csr_pem": made["csr_pem"]}))
        served = {"deploy": {"files": str(tmp_path / "shop")}, KEY: made[KEY]}
        applied(CertificateDeploymentProvider(), {**outs, **served})
        CertificateProvider().delete("id", {**outs, "revoke_on_destroy": True})
    told = "\n".join(record.getMessage() for record in caplog.records)
    for step in (
        "has a new key, ecdsa-p256",
        "orders generation 1 against base",
        "generation 1 is issued",
        f"has serial {outs['serial_number']} until {outs['not_after']}",
        f"deploys generation 1 to {tmp_path / 'shop'}",
        "generation 1 is deployed",
        "leaves",
        "has left, revoked",
    ):
        assert f"{OF}: {step}" in told
    assert not any(line in told for line in made[KEY].splitlines())


def test_the_trail_says_by_which_code_an_apply_failed(
    asked: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = applied(CertificateKeyProvider(), asked)
    outs = created(checked({}, {**asked, "csr_pem": made["csr_pem"]}))
    failing = {"deploy": {"files": str(tmp_path / "shop"), "reload": ["false"]}, KEY: made[KEY]}
    with caplog.at_level(logging.DEBUG, logger="sophia_infra"), refused(DeployError, "reload-failed"):
        applied(CertificateDeploymentProvider(), {**outs, **failing})
    told = [record.getMessage() for record in caplog.records]
    assert f"{OF}: generation 1 is deploy-failed reload-failed" in told
    assert told[-1] == "CertificateDeploymentProvider.create fails: reload-failed"

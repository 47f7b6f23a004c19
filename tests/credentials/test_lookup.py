"""Credentials come from secret configuration or the environment, under one name or several."""

import pytest

from sophia_infra.credentials import CredentialError, Credentials
from sophia_infra.dns.backends import open_backend
from tests.support.refusals import refused

CONFIGURED = {"sophia:tsigSecret": "usual", "sophia:tsigSecret-inside": "other"}


def test_configuration_stands_above_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_TSIG_SECRET", "exported")
    assert Credentials(CONFIGURED.get).get("tsigSecret", "SOPHIA_TSIG_SECRET") == "usual"
    assert Credentials().get("tsigSecret", "SOPHIA_TSIG_SECRET") == "exported"


def test_a_name_tells_several_apart_and_none_stands_in_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Credentials(CONFIGURED.get)
    assert found.called("inside").get("tsigSecret", "SOPHIA_TSIG_SECRET") == "other"
    monkeypatch.setenv("SOPHIA_TSIG_SECRET_OUTSIDE", "exported")
    assert found.called("outside").get("tsigSecret", "SOPHIA_TSIG_SECRET") == "exported"
    with pytest.raises(CredentialError) as missing:
        found.called("third").get("tsigSecret", "SOPHIA_TSIG_SECRET")
    assert (missing.value.code, missing.value.field) == ("credential", "sophia:tsigSecret-third")
    assert "there is no sophia:tsigSecret-third" in str(missing.value)


@pytest.mark.parametrize("name", ["", "in side", 7, "-x"])
def test_what_is_no_name_is_refused(name: object) -> None:
    with refused(CredentialError, field="backend.credential", says=r"backend\.credential is"):
        open_backend({"kind": "file", "credential": name}, "shop.example")

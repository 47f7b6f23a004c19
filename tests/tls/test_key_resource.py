import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from sophia_infra.tls import keys
from sophia_infra.tls.certificates import Request
from sophia_infra.tls.key_resource import CertificateKeyProvider
from sophia_infra.tls.spec import ArgumentError, KeyType
from tests.tls.orders import DOMAINS, NOW, csr, issue

PROVIDER = CertificateKeyProvider()


def news(folder: Path, **changed: Any) -> dict[str, Any]:
    return {"label": "demo/test/shop", "domains": list(DOMAINS), "issuer": {"folder": str(folder)}, **changed}


def checked(olds: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    result = PROVIDER.check(olds, told)
    assert not result.failures
    return result.inputs


def made(told: dict[str, Any]) -> dict[str, Any]:
    outs = PROVIDER.create(told).outs
    assert outs is not None
    return outs


def renewed(olds: dict[str, Any], told: dict[str, Any]) -> bool:
    result = PROVIDER.diff("id", olds, told)
    assert not result.replaces
    return bool(result.changes)


def test_the_first_generation_is_one_and_looking_makes_nothing(folder: Path) -> None:
    assert checked({}, news(folder))["generation"] == 1
    assert not folder.exists()


def test_inputs_take_their_canonical_form(folder: Path) -> None:
    found = checked({}, news(folder, domains=["BÜCHER.example."]))
    assert (found["domains"], found["key_type"]) == (["xn--bcher-kva.example"], "ecdsa-p256")


def test_the_label_stays_whatever_the_key_is_called_since(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(folder)
    inputs = checked({}, news(folder))
    renamed = checked(inputs, news(folder, label="demo/prod/store"))
    assert renamed == inputs
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    assert checked(inputs, news(folder, label="demo/prod/store"))["generation"] == 2


def test_a_second_check_without_old_inputs_decides_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(folder)
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    first = checked(checked({}, news(folder)), news(folder))
    assert first == checked({}, news(folder))
    assert first["generation"] == 2


def test_no_input_carries_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(folder)
    first = checked({}, news(folder))
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=5)).isoformat())
    assert checked({}, news(folder)) == first


def test_the_key_and_its_request_belong_together(folder: Path) -> None:
    outs = made(checked({}, news(folder)))
    assert keys.holds(outs["private_key_pem"], outs["public_key_sha256"])
    assert Request.read(outs["csr_pem"]).public_key_sha256 == outs["public_key_sha256"]


def test_a_weak_key_in_the_state_serves_until_its_renewal_and_no_new_one_is_made(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = news(folder, key_type="rsa-2048")
    way_out = "key_type is 'rsa-2048'; a new key must be stronger: give rsa-3072, or leave it out for ecdsa-p256"
    (refused,) = PROVIDER.check({}, weak).failures
    assert refused.reason == way_out
    with pytest.raises(ArgumentError, match="a new key must be stronger"):
        PROVIDER.create({**weak, "generation": 1})

    issue(folder, csr_pem=csr(kind=KeyType.RSA_2048))  # by an earlier release
    inputs = {**checked({}, news(folder)), "generation": 1, "key_type": "rsa-2048"}
    assert checked(inputs, weak) == {**inputs, "in_use": {**inputs["in_use"], "stays": True}}
    monkeypatch.setenv("SOPHIA_NOW", (NOW + timedelta(days=61)).isoformat())
    (refused,) = PROVIDER.check(inputs, weak).failures
    assert refused.reason == way_out
    assert checked(inputs, news(folder, key_type="rsa-3072"))["generation"] == 2


def test_a_key_stays_while_nothing_asks_for_another(folder: Path) -> None:
    inputs = checked({}, news(folder))
    outs = made(inputs)
    assert not renewed(outs, inputs)
    assert not renewed(outs, {**inputs, "lifetime": "30d", "renewal_window": 0.5})
    assert not renewed(outs, {**inputs, "domains": list(reversed(DOMAINS))})
    issuer = {"folder": str(folder), "kind": "embedded", "permitted": ["example"]}
    assert not renewed(outs, {**inputs, "issuer": issuer})


@pytest.mark.parametrize(
    "changed",
    [
        {"generation": 2},
        {"domains": ["shop.example"]},
        {"key_type": "rsa-3072"},
        {"label": "demo/test/other"},
        {"issuer": {"folder": "elsewhere"}},
    ],
)
def test_a_key_is_renewed_in_place(changed: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news(folder))
    outs = made(inputs)
    assert renewed(outs, {**inputs, **changed})
    if pulumi.UNKNOWN not in changed.values() and [pulumi.UNKNOWN] not in changed.values():
        after = PROVIDER.update("id", outs, {**inputs, **changed}).outs
        assert after is not None
        assert after["public_key_sha256"] != outs["public_key_sha256"]
        assert keys.holds(after["private_key_pem"], after["public_key_sha256"])
        assert not renewed(after, {**inputs, **changed})


def test_the_key_of_the_certificate_that_stands_comes_back_with_the_names_that_it_is_for(folder: Path) -> None:
    inputs = checked({}, news(folder))
    first = made(inputs)
    issue(folder, csr_pem=first["csr_pem"])
    shop, store = news(folder, domains=["shop.example"]), news(folder, domains=["store.example"])
    second = PROVIDER.update("id", first, tried := checked(inputs, shop)).outs  # whose order fails
    third = PROVIDER.update("id", second or {}, tried := checked(tried, store)).outs  # and this one
    assert third is not None
    assert (third["former_key_pem"], third["former_csr_pem"]) == (first["private_key_pem"], first["csr_pem"])
    taken_back = checked(tried, news(folder))
    assert renewed(third, taken_back)
    fourth = PROVIDER.update("id", third, taken_back).outs
    assert fourth is not None
    kept = ("private_key_pem", "csr_pem", "public_key_sha256", "generation")
    assert {name: fourth[name] for name in kept} == {name: first[name] for name in kept}
    assert "former_key_pem" not in fourth
    assert not renewed(fourth, checked(taken_back, news(folder)))
    assert PROVIDER.update("id", {**third, "former_key_pem": "garbage"}, taken_back).outs != fourth


@pytest.mark.parametrize("waits", [{"domains": pulumi.UNKNOWN}, {"generation": pulumi.UNKNOWN}])
def test_what_is_not_known_yet_is_an_update_that_replaces_no_key(waits: dict[str, Any], folder: Path) -> None:
    inputs = checked({}, news(folder))
    result = PROVIDER.diff("id", made(inputs), {**inputs, **waits})
    assert (result.changes, result.replaces) == (True, [])


@pytest.mark.parametrize("lost", ["private_key_pem", "csr_pem", "public_key_sha256"])
def test_a_key_that_the_state_has_lost_is_made_anew(
    lost: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = checked({}, news(folder, label=f"demo/test/{lost}"))
    outs = made(inputs)
    for damage in ("garbage", csr(), None):
        assert renewed({**outs, lost: damage}, inputs)
    said = capsys.readouterr()
    assert said.out == ""
    assert f"demo/test/{lost}" in said.err
    assert "PRIVATE" not in said.err


def test_a_wrong_input_is_a_failure_of_its_field(folder: Path) -> None:
    result = PROVIDER.check({}, news(folder, key_type="dsa"))
    (failure,) = result.failures
    assert failure.property == ""
    assert "ecdsa-p256" in failure.reason


def test_an_issuer_that_can_not_be_asked_is_a_failure(folder: Path) -> None:
    issue(folder)
    (folder / "revoked.json").write_text("{")
    (failure,) = PROVIDER.check({}, news(folder)).failures
    assert failure.property == ""
    assert "revoked.json" in failure.reason


@pytest.mark.parametrize(
    "changed",
    [
        {"domains": pulumi.UNKNOWN},
        {"domains": ["shop.example", pulumi.UNKNOWN]},
        {"issuer": {"folder": pulumi.UNKNOWN}},
    ],
)
def test_what_is_not_known_yet_leaves_the_generation_open(changed: dict[str, Any], folder: Path) -> None:
    assert checked({}, news(folder, **changed))["generation"] is pulumi.UNKNOWN


def test_the_provider_is_stored_by_reference_under_a_path_that_stays() -> None:
    stored = base64.b64decode(serialize_provider(PROVIDER))
    assert b"sophia_infra.tls.key_resource" in stored
    assert b"CertificateKeyProvider" in stored
    assert len(stored) < 120

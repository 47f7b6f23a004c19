import asyncio
import inspect
from datetime import timedelta
from typing import Any

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.runtime import mocks

from sophia_infra.dns.component import IntelligentDnsZone
from sophia_infra.tls import account_resource
from sophia_infra.tls.arguments import SelfHealingCertArgs
from sophia_infra.tls.challenge_settings import ChallengeKind
from sophia_infra.tls.component import SelfHealingCert
from sophia_infra.tls.spec import KeyType

Asked = mocks.MockResourceArgs


class Engine(mocks.Mocks):
    """Answers as the providers would, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.all_asked: list[Asked] = []

    def new_resource(self, args: Asked) -> tuple[str | None, dict[Any, Any]]:
        self.asked[args.typ] = args
        self.all_asked.append(args)
        made: dict[str, Any] = {}
        if args.typ.endswith("CertificateKey"):
            made = {"private_key_pem": "canary", "csr_pem": "csr"}
        if args.typ.endswith("AcmeAccount"):
            made = {"account_key": "account canary"}
        if args.typ.endswith(":Certificate"):
            made = {"certificate_pem": "leaf", "not_after": "2027", "changes": {"creates": 1}, "advice": {"id": "a"}}
        return args.name, {**args.inputs, **made}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def engine() -> Engine:
    found = Engine()
    account_resource._OF_PROGRAM.clear()  # the mocks have one program for all tests
    mocks.set_mocks(found, project="demo", stack="test")
    return found


def opened(args: SelfHealingCertArgs) -> SelfHealingCert:
    made: list[SelfHealingCert] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        made.append(SelfHealingCert("shop", args))
        return pulumi.Output.all(made[0].certificate_pem, made[0].advice, made[0].private_key_pem)

    program()
    return made[0]


def test_an_argument_that_is_not_known_is_refused_with_what_was_meant(engine: Engine) -> None:
    with pytest.raises(pulumi.RunError, match=r"'lifetme' is no argument; .*did you mean lifetime"):
        SelfHealingCert("shop", {"domains": ["shop.example"], "lifetme": "30d"})  # type: ignore[typeddict-unknown-key]  # on purpose
    assert "pulumi-python:dynamic/sophia:Certificate" not in engine.asked


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (None, "args is None; give a mapping of arguments"),
        (
            {"domains": ["a.test"], "lifetime": timedelta(days=9)},
            "lifetime is datetime.timedelta(days=9); give a text, a ",
        ),
        ({"domains": [object()]}, "domains[0] is an object (object); give a text, a number, a list or a mapping"),
        ({"domains": ["a.test"], "zone": object()}, "zone is an object (object); give a text"),
    ],
)
def test_what_no_input_can_carry_is_refused_at_its_path(engine: Engine, args: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        SelfHealingCert("shop", args)
    assert str(refused.value).startswith(f"SelfHealingCert 'shop': {told}")


def test_a_resource_that_is_no_zone_is_none(engine: Engine) -> None:
    other = pulumi.CustomResource("pkg:index:Item", "item")
    with pytest.raises(
        pulumi.RunError, match=r"zone is an object .CustomResource.; give an IntelligentDnsZone, or the z"
    ):
        SelfHealingCert("shop", {"domains": ["a.test"], "zone": other})


def test_it_opens_a_key_and_a_certificate_that_take_the_same_decision(engine: Engine) -> None:
    opened({"domains": ["shop.example"], "key_type": KeyType.RSA_3072, "lifetime": "30d"})
    key = engine.asked["pulumi-python:dynamic/sophia:CertificateKey"].inputs
    certificate = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs
    assert "sophia:index:SelfHealingCert" in engine.asked
    for field in ("domains", "key_type", "lifetime", "label"):
        assert key[field] == certificate[field]
    assert key["label"] == "demo/test/shop"
    assert certificate["csr_pem"] == "csr"


def test_the_private_key_waits_for_its_certificate(engine: Engine) -> None:
    opened({"domains": ["shop.example"]})
    found = opened({"domains": ["shop.example"]})

    async def behind() -> set[str]:
        return {type(resource).__name__ for resource in await found.private_key_pem.resources()}

    assert asyncio.run(behind()) >= {"Certificate", "CertificateKey"}


def test_the_private_key_goes_to_no_other_resource(engine: Engine) -> None:
    opened({"domains": ["shop.example"]})
    assert "canary" not in str(engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs)


@pytest.mark.parametrize("is_output", [False, True])
def test_a_domain_will_do_for_a_zone(engine: Engine, is_output: bool) -> None:
    domain: Any = pulumi.Output.from_input("shop.example") if is_output else "shop.example"
    challenge: Any = {"kind": "dns-01", "zones": [domain]}
    acme: Any = {"kind": "acme", "directory": "letsencrypt"}
    opened({"domains": ["shop.example"], "zone": domain, "issuer": acme, "challenge": challenge})
    inputs = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs
    assert (inputs["zone"], inputs["challenge"]["zones"]) == ("shop.example", ["shop.example"])
    assert not {"homes", "answers"} & inputs.keys()


class Zone(pulumi.ComponentResource):
    """Stands in for a zone: what counts is its `domain`."""

    def __init__(self) -> None:
        super().__init__("test:index:Zone", "zone")
        self.domain = pulumi.Output.from_input("shop.example")
        self.register_outputs({})


def test_a_zone_tells_its_domain(engine: Engine) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[str]:
        return SelfHealingCert("shop", {"domains": ["shop.example"], "zone": Zone()}).certificate_pem

    program()
    assert engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs["zone"] == "shop.example"


def test_certificates_by_acme_share_one_account_whose_key_is_asked_for_by_each(engine: Engine) -> None:
    acme: Any = {"kind": "acme", "directory": "letsencrypt"}
    challenge: Any = {"kind": "http-01", "webroot": "/srv/www"}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        of_shop: SelfHealingCertArgs = {"domains": ["a.example"], "issuer": acme, "challenge": challenge}
        made = [SelfHealingCert(name, of_shop) for name in ("a", "b")]
        return pulumi.Output.all(*(each.certificate_pem for each in made))

    program()
    accounts = [asked for asked in engine.all_asked if asked.typ.endswith("AcmeAccount")]
    assert [asked.inputs["directory"] for asked in accounts] == ["https://acme-v02.api.letsencrypt.org/directory"]
    certificates = [asked for asked in engine.all_asked if asked.typ.endswith(":Certificate")]
    url = accounts[0].inputs["directory"]
    assert [asked.inputs["accounts"]["value"] for asked in certificates] == [
        {url: {"account_key": "account canary"}}
    ] * 2
    assert [asked.inputs["challenge"] for asked in certificates] == [challenge] * 2


def test_what_binds_an_account_and_its_key_go_beside_the_issuer_which_is_shown(engine: Engine) -> None:
    eab = {"kid": pulumi.Output.from_input("kid"), "key": pulumi.Output.secret("eab canary")}
    acme: Any = {"kind": "acme", "directory": "zerossl", "eab": eab, "account_key": pulumi.Output.secret("key canary")}
    opened({"domains": ["a.example"], "issuer": acme, "challenge": {"kind": ChallengeKind.HTTP_01, "webroot": "w"}})
    url = "https://acme.zerossl.com/v2/DV90"
    certificate = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs
    secret = {"account_key": "account canary", "eab": {"kid": "kid", "key": "eab canary"}}
    assert certificate["accounts"]["value"] == {url: secret}  # as a secret goes over the wire
    assert engine.asked["pulumi-python:dynamic/sophia:AcmeAccount"].inputs["given_key"]["value"] == "key canary"
    for asked in engine.all_asked:
        assert asked.inputs.get("issuer", {}) in ({}, {"kind": "acme", "directory": "zerossl", "eab": {}})


def test_several_issuers_each_have_an_account_and_none_of_them_is_shown_a_secret(engine: Engine) -> None:
    second: Any = {"kind": "acme", "directory": "zerossl", "eab": {"kid": "kid", "key": pulumi.Output.secret("canary")}}
    issuers: Any = [{"kind": "acme", "directory": "letsencrypt"}, second]
    http: Any = {"kind": "http-01", "webroot": "w"}
    opened({"domains": ["a.example"], "issuers": issuers, "challenge": http})
    certificate = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs
    assert certificate["issuer"] == issuers[0]
    assert certificate["others"] == [{"kind": "acme", "directory": "zerossl", "eab": {}}]
    assert len(certificate["accounts"]["value"]) == len(issuers)
    key = engine.asked["pulumi-python:dynamic/sophia:CertificateKey"].inputs
    assert (key["issuer"], key["others"]) == (certificate["issuer"], certificate["others"])


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"issuers": []}, r"issuers is \[\]; give a list of issuers, the first first"),
        ({"issuers": {"kind": "acme"}}, "give a list of issuers"),
        ({"issuers": [{"kind": "acme"}], "issuer": {"kind": "acme"}}, "issuer and issuers are both given"),
    ],
)
def test_issuers_are_one_list(engine: Engine, args: Any, told: str) -> None:
    with pytest.raises(pulumi.RunError, match=told):
        SelfHealingCert("shop", {"domains": ["a.example"], **args})  # type: ignore[typeddict-item]  # on purpose


def test_one_account_has_one_contact(engine: Engine) -> None:
    def made(name: str, **changed: Any) -> SelfHealingCert:
        acme: Any = {"kind": "acme", "directory": "letsencrypt", **changed}
        http: Any = {"kind": "http-01", "webroot": "/srv/www"}
        return SelfHealingCert(name, {"domains": ["a.example"], "issuer": acme, "challenge": http})

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        first = made("a", email="ops@shop.example")
        with pytest.raises(pulumi.RunError, match=r"give issuer\.email the same in all certificates"):
            made("b")
        return first.certificate_pem

    program()


def test_a_zone_tells_where_it_lives_and_leaves_the_proofs_of_its_names(engine: Engine) -> None:
    acme: Any = {"kind": "acme", "directory": "letsencrypt"}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        zone = IntelligentDnsZone("shop", {"domain": "shop.example", "ignore": ["old"], "backend": {"kind": "file"}})
        names: list[pulumi.Input[str]] = ["*.shop.example", "www.shop.example", "elsewhere.test"]
        dns: SelfHealingCertArgs = {"domains": names, "issuer": acme, "challenge": {"kind": ChallengeKind.DNS_01}}
        return SelfHealingCert("shop", {**dns, "zone": zone}).certificate_pem

    program()
    zone = engine.asked["pulumi-python:dynamic/sophia:ZoneRecords"].inputs
    assert zone["ignore"] == ["old", "_acme-challenge TXT", "_acme-challenge.www TXT"]
    certificate = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs
    assert certificate["homes"] == [{"kind": "file"}]


def test_a_zone_is_told_by_what_its_certificates_renew_whichever_of_their_cas_signs(engine: Engine) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        zone = IntelligentDnsZone("shop", {"domain": "shop.example", "backend": {"kind": "file"}})
        known: Any = [{"kind": "acme", "directory": directory} for directory in ("letsencrypt", "google")]
        private: Any = {"kind": "acme", "directory": "https://ca.example/dir"}
        asked: SelfHealingCertArgs = {"domains": ["Shop.example"], "challenge": {"kind": ChallengeKind.DNS_01}}
        SelfHealingCert("web", {**asked, "zone": zone, "issuers": known})
        return SelfHealingCert("api", {**asked, "zone": zone, "issuers": [*known, private]}).certificate_pem

    program()
    web, api = engine.asked["pulumi-python:dynamic/sophia:ZoneRecords"].inputs["renewals"]
    assert web == {
        "certificate": "demo/test/web",
        "names": ["shop.example"],
        "directory": "https://acme-v02.api.letsencrypt.org/directory",
        "issuers": ["letsencrypt.org", "pki.goog"],
        "method": "dns-01",
        "zones": ["shop.example"],
    }
    assert (api["certificate"], api["issuers"]) == ("demo/test/api", [])


def test_zones_that_aliases_lead_to_tell_where_they_live_and_leave_the_proofs(engine: Engine) -> None:
    @pulumi.runtime.test  # type: ignore[untyped-decorator]  # no types published
    def program() -> pulumi.Output[Any]:
        proofs = IntelligentDnsZone("proofs", {"domain": "proofs.example", "backend": {"kind": "file"}})
        written = {"domain": "other.example", "backend": {"kind": "file"}}
        challenge: Any = {"kind": "dns-persist-01", "zones": [proofs, written]}
        issuer: Any = {"kind": "acme", "directory": "letsencrypt"}
        return SelfHealingCert(
            "shop", {"domains": ["a.test"], "issuer": issuer, "challenge": challenge}
        ).certificate_pem

    program()
    assert engine.asked["pulumi-python:dynamic/sophia:ZoneRecords"].inputs["ignore"] == ["_validation-persist* TXT"]
    challenge = engine.asked["pulumi-python:dynamic/sophia:Certificate"].inputs["challenge"]
    assert challenge["zones"] == [
        {"domain": "proofs.example", "homes": [{"kind": "file"}]},
        {"domain": "other.example", "backend": {"kind": "file"}},
    ]


def test_its_schema_can_be_read_from_the_code() -> None:
    result = Analyzer("sophia").analyze([SelfHealingCert])
    found = result["component_definitions"]["SelfHealingCert"]
    assert [name for name, one in found.inputs.items() if not one.optional] == ["domains"]
    assert set(found.inputs) == {
        "challenge",
        "csr",
        "deploy",
        "domains",
        "endpoints",
        "issuer",
        "issuers",
        "jitter",
        "keyType",
        "lifetime",
        "maintenance",
        "renewalWindow",
        "revoke",
        "revokeOnDestroy",
        "zone",
    }
    assert {"privateKeyPem", "certificatePem", "chainPem", "rootPem", "notAfter", "nextRenewal"} <= set(found.outputs)
    assert all(one.description for one in (*found.inputs.values(), *found.outputs.values()))
    assert set(result["type_definitions"]) == {
        "CertificateChallengeArgs",
        "CertificateDeployArgs",
        "CertificateIssuerArgs",
        "CertificateMaintenanceArgs",
        "ChallengeKind",
        "IssuerKind",
        "KeyType",
    }


def test_every_argument_is_documented_where_it_stands() -> None:
    source = inspect.getsource(SelfHealingCertArgs)
    fields = SelfHealingCertArgs.__annotations__
    assert source.count('"""') == 2 * (len(fields) + 1)

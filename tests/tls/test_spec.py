from datetime import timedelta
from typing import Any

import pytest

from sophia_infra.errors import SophiaError
from sophia_infra.tls.issuer_settings import IssuerKind
from sophia_infra.tls.spec import ArgumentError, KeyType
from tests.support.refusals import refused
from tests.tls.orders import wanted


def test_names_alone_are_enough_and_the_rest_has_defaults() -> None:
    found = wanted(domains=["shop.example"])
    assert (found.key_type, found.lifetime, found.schedule.window) == (KeyType.ECDSA_P256, timedelta(days=90), None)
    assert (found.issuer.kind, found.issuer.folder, found.issuer.permitted) == (IssuerKind.EMBEDDED, "", ())


def test_each_name_stands_once_and_in_the_order_told() -> None:
    assert wanted(domains=["b.example", "A.example", "b.example.", "a.example"]).domains == ("b.example", "a.example")


@pytest.mark.parametrize("word", list(KeyType))
def test_every_key_type_is_known_by_its_word(word: str) -> None:
    assert wanted(key_type=str(word)).key_type is KeyType(word)


@pytest.mark.parametrize(("told", "hours"), [("90d", 2160), ("36h", 36), ("1h", 1), ("825d", 19800)])
def test_a_lifetime_is_days_or_hours(told: str, hours: int) -> None:
    assert wanted(lifetime=told).lifetime == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"domains": []}, "domains", "like ['shop.example']"),
        ({"domains": None}, "domains", "give a list of names"),
        ({"domains": "shop.example"}, "domains", "give a list of names"),
        ({"domains": [7]}, "domains[0]", "domains[0] is 7; give a text"),
        ({"domains": ["a.example", "bad_name.example"]}, "domains[1]", "bad_name"),
        ({"domains": [f"n{i}.example" for i in range(101)]}, "domains", "101 names; the limit is 100"),
        (
            {"key_type": "ed25519", "issuer": {"kind": "acme", "directory": "letsencrypt-staging"}},
            "key_type",
            "https://acme-staging-v02.api.letsencrypt.org/directory signs for no such key; leave it out for ecdsa-p256",
        ),
        ({"key_type": "rsa-1024"}, "key_type", "key_type is 'rsa-1024'; known are ecdsa-p256"),
        ({"lifetime": "forever"}, "lifetime", "like 90d or 36h"),
        ({"lifetime": "0h"}, "lifetime", "1h to 825d"),
        ({"lifetime": "826d"}, "lifetime", "1h to 825d"),
        ({"lifetime": 90.0}, "lifetime", "lifetime is 90.0; give a number of days or hours"),
        ({"renewal_window": 0}, "renewal_window", "from 0.02 to 0.9"),
        ({"renewal_window": 1.0}, "renewal_window", "from 0.02 to 0.9"),
        ({"renewal_window": "0.3"}, "renewal_window", "from 0.02 to 0.9"),
        ({"renewal_window": True}, "renewal_window", "from 0.02 to 0.9"),
        ({"renewal_window": float("nan")}, "renewal_window", "from 0.02 to 0.9"),
        ({"issuer": "embedded"}, "issuer", "write it like {'kind': 'embedded'}"),
        ({"issuer": {"kind": "verisign"}}, "issuer.kind", "issuer.kind is 'verisign'; known are embedded"),
        ({"issuer": {"path": "x"}}, "issuer.path", "kind, folder, permitted"),
        ({"issuer": {"folder": 7}}, "issuer.folder", "issuer.folder is 7; give a text, the path of a folder"),
        ({"issuer": {"permitted": "shop.example"}}, "issuer.permitted", "give a list of domains and networks"),
        ({"issuer": {"permitted": ["*.shop.example"]}}, "issuer.permitted[0]", "write shop.example"),
        ({"issuer": {"permitted": ["10.0.0.1/8"]}}, "issuer.permitted[0]", "10.0.0.1/8"),
        ({"issuer": {"permitted": [7]}}, "issuer.permitted[0]", "give a text"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_the_way_out(changed: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        wanted(**changed)
    assert refused.value.field == field
    assert says in str(refused.value)
    assert refused.value.code == "argument"
    assert isinstance(refused.value, SophiaError)


def test_what_an_authority_may_sign_for_is_domains_and_networks() -> None:
    issuer = wanted(issuer={"permitted": ["Shop.example", "10.0.0.0/8", "2001:db8::1"]}).issuer
    assert issuer.permitted == ("10.0.0.0/8", "2001:db8::1/128", "shop.example")


def test_another_folder_is_another_issuer_and_other_permitted_names_are_not() -> None:
    plain, constrained = wanted().issuer, wanted(issuer={"permitted": ["shop.example"]}).issuer
    assert plain.identity == constrained.identity
    assert plain.identity != wanted(issuer={"folder": "elsewhere"}).issuer.identity


EMPTY: tuple[Any, ...] = ("", [], {})
SAME: dict[str, Any] = {"issuer": {}, "maintenance": {}, "issuer.permitted": []}
ARGUMENTS = ("domains", "key_type", "lifetime", "renewal_window", "jitter", "maintenance", "issuer")
SETTINGS = ("issuer.kind", "issuer.folder", "issuer.permitted", "issuer.new_root")
CELLS = [(name, empty) for name in (*ARGUMENTS, *SETTINGS) for empty in EMPTY]


@pytest.mark.parametrize(("name", "empty"), CELLS, ids=str)
def test_what_is_empty_is_as_if_it_were_left_out_or_refused_by_name(name: str, empty: Any) -> None:
    field, _, setting = name.partition(".")
    changed = {field: {setting: empty} if setting else empty}
    if SAME.get(name) == empty:
        assert wanted(**changed) == wanted()
        return
    with pytest.raises(ArgumentError) as caught:
        wanted(**changed)
    assert caught.value.field == name


ACME = {"kind": "acme", "directory": "letsencrypt"}


def test_an_acme_issuer_is_known_by_its_directory_whatever_it_is_called() -> None:
    found = wanted(issuer=ACME).issuer
    by_url = wanted(issuer={**ACME, "directory": found.directory}).issuer
    assert found.identity == by_url.identity == ("acme", "https://acme-v02.api.letsencrypt.org/directory")
    assert by_url.public
    assert by_url.public.caa_identity == "letsencrypt.org"
    assert wanted(issuer={**ACME, "directory": "letsencrypt-staging"}).issuer.public is None
    assert wanted(issuer={**ACME, "directory": "https://ca.corp.example/dir"}).issuer.public is None


@pytest.mark.parametrize(
    ("inputs", "field", "told"),
    [
        ({"issuer": {"kind": "acme"}}, "issuer.directory", "give the https URL of an ACME directory, or a name"),
        ({"issuer": {**ACME, "directory": "letsencript"}}, "issuer.directory", "did you mean letsencrypt?"),
        ({"issuer": {**ACME, "directory": "buypass"}}, "issuer.directory", "Buypass has issued no certificates since"),
        ({"issuer": {**ACME, "eab": {"kid": "a", "key": "b"}}}, "issuer.eab", "write issuer as a plain mapping"),
        ({"issuer": {**ACME, "account_key": "a"}}, "issuer.account_key", "is secret: write issuer as a plain mapping"),
        ({"issuer": {**ACME, "directory": "http://ca.example/dir"}}, "issuer.directory", "give the https URL"),
        ({"issuer": {**ACME, "folder": "ca"}}, "issuer.folder", "is no setting of the issuer acme; known are kind, d"),
        ({"issuer": {"email": "a@b.example"}}, "issuer.email", "is no setting of the issuer embedded"),
        ({"issuer": {**ACME, "email": "ops"}}, "issuer.email", "give an address, such as ops@shop.example"),
        ({"issuer": {**ACME, "profile": "a b"}}, "issuer.profile", "give a profile of the CA, such as tlsserver"),
        ({"issuer": ACME, "lifetime": "30d"}, "lifetime", "its CA decides; give issuer.profile"),
        ({"challenge": {"kind": "http-01", "webroot": "w"}}, "challenge", "it signs without; take it out"),
        (
            {"issuer": ACME, "challenge": {"kind": "tls-sni-01"}},
            "challenge.kind",
            "known are http-01, tls-alpn-01, dns-01, dns-persist-01",
        ),
        ({"issuer": ACME, "challenge": {"kind": "http-01"}}, "challenge.webroot", "give the path of the folder"),
        (
            {"issuer": ACME, "challenge": {"kind": "http-01", "root": "w"}},
            "challenge.root",
            "is no setting of the challenge http-01; known are kind, we",
        ),
    ],
)
def test_settings_of_an_acme_issuer_are_refused_by_field(inputs: dict[str, Any], field: str, told: str) -> None:
    with refused(ArgumentError, field=field) as refusal:
        wanted(**inputs)
    assert told in str(refusal.value)


URL = "https://ca.corp.example/dir"


def test_several_issuers_keep_their_order_and_each_can_come_first() -> None:
    found = wanted(issuer=ACME, others=[{"kind": "acme", "directory": URL}])
    assert [turn.issuer.directory for turn in found.turns] == [found.issuer.directory, URL]
    assert [turn.others for turn in found.turns] == [found.others, (found.issuer,)]
    assert found.turns[1].issuers == found.issuers


@pytest.mark.parametrize(
    ("issuer", "others", "field"),
    [
        (ACME, [{"kind": "embedded"}], "issuers[1]"),
        ({"kind": "embedded"}, [ACME], "issuers[0]"),
        (ACME, [{"kind": "acme", "directory": URL}, ACME], "issuers[0]"),
        (ACME, [{"kind": "acme", "directory": "buypass"}], "issuers[1].directory"),
        (ACME, "letsencrypt", "others"),
    ],
)
def test_several_issuers_are_acme_cas_each_once(issuer: Any, others: Any, field: str) -> None:
    with refused(ArgumentError, field=field):
        wanted(issuer=issuer, others=others)

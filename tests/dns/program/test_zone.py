"""A program's arguments on their way into the zone's inputs; what needs a running program is shown on the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from sophia_infra.dns.arguments import ArgumentError, ZoneArgs
from sophia_infra.dns.program.zone import inputs_of, targets_of
from sophia_infra.dns.reader import ZoneTextError
from sophia_infra.errors import SophiaError
from sophia_infra.settings import limits_from
from tests.support.refusals import refused

SET = {"name": "@", "type": "A", "values": ["192.0.2.1"]}


def inputs(**arguments: Any) -> dict[str, Any]:
    return inputs_of({"domain": "shop.example", **arguments})


def test_records_text_and_lists_become_one_text() -> None:
    text = inputs(records=[SET], zone_text="www IN CNAME @\n", default_ttl=300)["text"]
    assert text == "@ 300 A 192.0.2.1\nwww 300 CNAME shop.example.\n"


@pytest.mark.parametrize(("given", "seconds"), [(None, 3600), (0, 0), (600, 600), (600.0, 600)])
def test_the_default_ttl_is_whole_seconds_whether_it_comes_from_here_or_from_afar(given: Any, seconds: int) -> None:
    text = inputs(records=[SET], zone_text="www IN A 192.0.2.2\n", default_ttl=given)["text"]
    assert text == f"@ {seconds} A 192.0.2.1\nwww {seconds} A 192.0.2.2\n"


@pytest.mark.parametrize("given", [-1, 2**31, 0.5, float("nan"), float("inf"), True, "1h", [600]])
def test_another_default_ttl_is_refused_with_its_limits(given: Any) -> None:
    with refused(ArgumentError, field="default_ttl", says="give whole seconds from 0 to 2147483647"):
        inputs(default_ttl=given)


@pytest.mark.parametrize("field", ["protect", "name_servers"])
@pytest.mark.parametrize("given", ["www", [1], {"www": True}])
def test_what_must_be_a_list_of_texts_is_no_text_and_no_mapping(field: str, given: Any) -> None:
    with refused(ArgumentError, field=field, says="give a list of texts"):
        inputs(**{field: given})


@pytest.mark.parametrize("field", ["limits", "backend"])
@pytest.mark.parametrize("given", ["file", [1]])
def test_what_must_be_settings_is_a_mapping(field: str, given: Any) -> None:
    with refused(ArgumentError, field=field, says="give a mapping of its settings"):
        inputs(**{field: given})


def test_an_argument_that_is_not_known_is_refused_with_those_that_are() -> None:
    with refused(ArgumentError, field="limit", says="^'limit' is no argument; known are domain, .*limits"):
        inputs(limit={})


@pytest.mark.parametrize("given", [None, "", ".", 7])
def test_a_zone_needs_a_name(given: Any) -> None:
    with refused(ArgumentError, field="domain", value=given, says=r"domain is .*; give the zone's name"):
        inputs(domain=given)


def test_the_domain_and_the_name_servers_are_taken_in_full() -> None:
    found = inputs(domain="Shop.Example.", name_servers=["ns1", "ns.other.example."])
    assert found["domain"] == "shop.example"
    assert found["name_servers"] == ["ns1.shop.example.", "ns.other.example."]


class Late(pulumi.Output[Any]):
    """An output that nothing is ever asked of: refusing it needs no running program."""

    def __init__(self) -> None:
        pass


def test_two_spellings_of_a_domain_are_one() -> None:
    assert inputs(domain="münchen.example")["domain"] == inputs(domain="XN--MNCHEN-3YA.example.")["domain"]


def test_sources_that_are_sound_one_by_one_and_not_together_are_refused() -> None:
    master = "@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 3600 NS ns1.dns.example.\nwww 3600 A 192.0.2.1\n"
    with refused(ZoneTextError) as caught:
        inputs(zone_text=master, records=[{"name": "www", "type": "CNAME", "value": "web"}])
    assert [problem.code for problem in caught.value.problems] == ["cname-and-other-data"]


@pytest.mark.parametrize(
    "field", ["domain", "zone_text", "zone_file", "default_ttl", "protect", "issuers", "limits", "backend"]
)
def test_what_a_plan_needs_at_preview_is_no_output(field: str) -> None:
    for given in (Late(), [Late()], {"kind": Late()}):
        with refused(ArgumentError, field=field, says=f"^{field} holds an output; it must be known at preview"):
            inputs(**{field: given})


def five() -> int:
    return 5


ODD = (Late, lambda: [Late()], lambda: {"kind": Late()}, object, lambda: [object()], lambda: {"kind": object()}, five)


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", ZoneArgs.__annotations__)
def test_what_no_argument_is_is_refused_by_field_and_never_by_its_address(field: str, odd: Callable[[], Any]) -> None:
    if (field, odd) == ("default_ttl", five):
        return
    with pytest.raises(SophiaError, match=f"^{field}") as caught:
        targets_of({field: odd()}, inputs(**{field: odd()}))
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("args", [Late, lambda: None, lambda: ["domain"], lambda: "shop.example"])
def test_arguments_are_a_mapping(args: Callable[[], Any]) -> None:
    with refused(ArgumentError, field="args", says="^args is .*; give a mapping of arguments"):
        inputs_of(args())


def test_issuers_are_named_as_caa_records_name_them() -> None:
    assert inputs(issuers=["pki.goog", "LetsEncrypt.org", "pki.goog"])["issuers"] == ["letsencrypt.org", "pki.goog"]
    told = "give CAs by their domains in CAA records"
    with refused(ArgumentError, field="issuers", value="let's encrypt", says=told):
        inputs(issuers=["Let's Encrypt"])


def test_records_that_are_an_output_as_a_whole_are_refused_with_the_way_out() -> None:
    with refused(ArgumentError, field="records", says="give a list, with outputs in its values only"):
        inputs(records=Late())


def test_a_limit_that_is_lifted_reaches_the_provider_since_the_engine_drops_nulls() -> None:
    arguments = {"domain": "shop.example", "limits": {"max_deletes": None, "floor": 3}}
    (target,) = targets_of(arguments, inputs_of(arguments)).values()
    assert target["limits"] == {"max_deletes": "none", "floor": 3}
    assert limits_from(target["limits"], "limits").max_deletes is None


def test_two_backends_of_a_zone_have_two_locations() -> None:
    arguments = {
        "domain": "shop.example",
        "backends": {"a": {"path": "zones/one"}, "b": {"path": "zones/../zones/one"}},
    }
    with refused(ArgumentError, field="backends", says=r"^backends names .*zones/one twice"):
        targets_of(arguments, inputs_of(arguments))


def test_a_zone_is_not_read_from_the_file_that_its_backend_writes(tmp_path: Path) -> None:
    path = tmp_path / "db.shop.example"
    path.write_text("www 300 A 192.0.2.1\n")
    arguments = {"domain": "shop.example", "zone_file": path, "backend": {"path": str(path)}}
    with refused(ArgumentError, field="zone_file", value=str(path), says="the backend writes it"):
        targets_of(arguments, inputs_of(arguments))


def test_a_zone_that_the_stack_makes_at_cloudflare_has_its_place_all_the_same() -> None:
    backend = {"kind": "cloudflare", "account_id": "a" * 32, "zone": {}}
    arguments = {"domain": "shop.example", "backends": {"a": backend, "b": {"path": "zones/b"}}}
    assert targets_of(arguments, inputs_of(arguments))["-a"]["backend"] == backend

"""What environments say of credentials reaches rules and advisor of whatever goes by them, and no value does."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest
from pulumi import UNKNOWN

from sophia_infra.advice import redaction
from sophia_infra.advice.consult import FixedAdvisor
from sophia_infra.advice.model import Request
from sophia_infra.advised import FixedResource, Plan, check
from sophia_infra.changes import Changes
from sophia_infra.credentials import TSIG, Credentials
from sophia_infra.credentials.about import said
from sophia_infra.credentials.references import resolve
from sophia_infra.dns.backends import credentials_of, open_backend
from sophia_infra.dns.backends.zone_file import ZoneFile
from sophia_infra.esc.about import About
from sophia_infra.journal import Journal
from sophia_infra.tls.account_resource import written
from tests.dns.stack import FRAME, ZoneStack
from tests.support.esc_server import logged_in
from tests.support.workspace import REPO
from tests.tls.orders import checked, csr

PROD = """\
values:
  db: {url: {fn::secret: canary-db}, admin: {fn::secret: canary-admin}}
  vault: {fn::open::command: {run: [touch, asked]}}
  token: ${vault.output}
  aboutValues:
    db: {owner: team-data}
    db.url: {purpose: orders, consumers: [api, reports], exposure: high}
    token: {owner: team-web, max_age: 30d, exposure: critical}
"""
URL = "esc://shop/prod/db.url"
SAID = f"{URL}: exposure high; owner team-data; purpose orders; consumers api, reports"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment that says something of its values."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "esc").mkdir()
    (tmp_path / "esc" / "prod.yaml").write_text(PROD)
    return tmp_path


def asked(journal: Journal, **credentials: str) -> tuple[list[str], list[str]]:
    """The codes that advice has on a plan with such credentials, and what an advisor was told of them."""
    plan = Plan(Changes(creates=1), credentials=credentials)
    codes = [each["code"] for each in check(FixedResource(plan), journal)["advice"]["findings"]]
    return codes, told_of(journal)


def told_of(journal: Journal) -> list[str]:
    """What the newest request tells of credentials; no value stands in it."""
    (request,) = (row.row for row in journal.newest(Request, 1))
    assert "canary" not in repr(request)
    return list(request.facts.get("credentials", []))


def test_what_is_said_of_a_mapping_holds_for_all_below_it() -> None:
    (found,) = said({"server": URL})
    assert found.about == About("orders", "team-data", ("api", "reports"), "", "high")
    (found,) = said({"server": 'esc://shop/prod/["db"]["admin"]'})
    assert found.about == About(owner="team-data")


def test_it_needs_no_key_and_asks_no_provider(folder: Path) -> None:
    (found,) = said({"token": "esc://shop/prod/token"})
    assert (found.about.owner, (folder / "asked").exists()) == ("team-web", False)


@pytest.mark.parametrize(
    "text", ["canary-itself", "env:HOME", "file:x", "literal:esc://shop/prod/db.url", "esc://x", ""]
)
def test_nothing_is_said_of_what_is_in_no_environment(text: str) -> None:
    assert list(said({"server": text})) == []


def test_with_cloud_it_is_what_cloud_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    with logged_in(tmp_path / "pulumi", monkeypatch) as server:
        server.put("shop/prod", PROD.replace("{fn::open::command: {run: [touch, asked]}}", "{output: a}"))
        (found,) = said({"server": URL})
        assert found.about.exposure == "high"
        server.token = "another"
        assert len(list(said({"server": URL}))) == 1, "it is asked once a run"
        assert resolve(URL, "server"), "for the credential as well"
        monkeypatch.setenv("SOPHIA_RUN", "the next")
        assert list(said({"server": URL})) == []


def test_nothing_is_said_where_the_environment_cant_be_read_or_says_nothing(folder: Path) -> None:
    (folder / "esc" / "prod.yaml").write_text("values: {db: {url: 1}}\n")
    (folder / "esc" / "dev.yaml").write_text("values: {db: '${nowhere}', aboutValues: {db: {owner: a}}}\n")
    assert list(said({"a": URL, "b": "esc://shop/dev/db", "c": "esc://shop/nowhere/db"})) == []
    (folder / "esc" / "other.yaml").write_text(PROD)
    assert list(said({"a": "esc://shop/other/db..url", "b": "esc://shop/other/db[x]"})) == []


def test_an_advisor_is_told_of_each_credential_and_the_rules_name_what_is_missing(folder: Path) -> None:
    journal = Journal.open(folder)
    codes, told = asked(journal, server=URL, token="esc://shop/prod/token", key="canary-itself")
    assert codes == ["credential-age-unsaid"]
    assert told == [
        f"server is {SAID}",
        "token is esc://shop/prod/token: exposure critical; owner team-web; rotated after 30d",
    ]


def test_a_credential_of_nobody_is_named_where_others_have_an_owner(folder: Path) -> None:
    (folder / "esc" / "prod.yaml").write_text(PROD.replace("db: {owner: team-data}", "vault: {owner: team-data}"))
    codes, told = asked(Journal.open(folder), admin="esc://shop/prod/db.admin")
    assert (codes, told) == (["credential-owner-unsaid"], ["admin is esc://shop/prod/db.admin: nothing is said of it"])


def test_what_is_said_is_bounded(folder: Path) -> None:
    (folder / "esc" / "prod.yaml").write_text(PROD.replace("purpose: orders", f"purpose: {'x' * 500}"))
    _, (told,) = asked(Journal.open(folder), server=URL)
    assert len(told) == redaction.MAX_TEXT


def test_a_plan_without_such_credentials_asks_what_it_asked_before(folder: Path) -> None:
    """So no release's advice is asked for anew."""
    advisor, journal = FixedAdvisor(), Journal.open(folder)
    check(FixedResource(Plan(Changes(creates=1), advisor=advisor, credentials={"server": "canary-itself"})), journal)
    assert [request.facts.get("credentials") for request in advisor.requests] == [None]


def test_of_a_zone_it_is_the_credential_of_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"kind": "rfc2136", "server": "127.0.0.1", "key_name": "key.", "credential": "inside"}

    def of(config: dict[str, str], **given: str) -> dict[str, str]:
        return credentials_of(open_backend({**settings, **given}, "shop.example", Credentials(config.get)))

    assert of({"sophia:tsigSecret-inside": URL}) == {"sophia:tsigSecret-inside": URL}
    assert of({}) == {}
    monkeypatch.setenv("SOPHIA_TSIG_SECRET_INSIDE", URL)
    assert of({}) == {"SOPHIA_TSIG_SECRET_INSIDE": URL}
    assert of({"sophia:tsigSecret-inside": "env:A"}) == {"sophia:tsigSecret-inside": "env:A"}
    unsigned = {"kind": "rfc2136", "server": "127.0.0.1"}
    assert credentials_of(open_backend(unsigned, "shop.example", Credentials({"sophia:tsigSecret": URL}.get))) == {}
    assert credentials_of(open_backend({"kind": "file", "path": "zone"}, "shop.example")) == {}
    namecheap = {"kind": "namecheap", "username": "shop", "client_ip": "192.0.2.1"}
    found = open_backend(namecheap, "shop.example", Credentials({"sophia:namecheapApiKey": URL}.get))
    assert credentials_of(found) == {"sophia:namecheapApiKey": URL}


def test_the_page_has_every_rule() -> None:
    code = (REPO / "components" / "sophia_infra" / "advised" / "credentials.py").read_text()
    page = (REPO / "docs" / "rules.md").read_text().partition("\n## Credentials\n")[2].partition("\n## ")[0]
    levels = {code: level.lower() for code, level in re.findall(r'Finding\("([a-z-]+)", Level\.(\w+)', code)}
    assert dict(re.findall(r"^#### `([a-z-]+)` \((\w+)\)$", page, re.MULTILINE)) == levels
    assert page.count("\nFix: ") == len(levels)


class Home(ZoneFile):
    """A zone file that a credential is asked for."""

    credential = TSIG

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], domain: str, credentials: Credentials) -> Self:
        made = super().from_settings(settings, domain, credentials)
        object.__setattr__(made, "credentials", credentials)
        return made


def test_the_check_of_a_zone_tells_its_advisor_and_no_value_goes_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = {"kind": f"{__name__}:Home", "path": str(folder / "zone")}
    stack = ZoneStack(folder, monkeypatch, home, tsigSecret=URL)
    found = stack.plan({"text": f"{FRAME}www 300 A 192.0.2.1\n"})
    assert "credential-age-unsaid" in [each["code"] for each in found["advice"]["findings"]]
    assert told_of(Journal.open()) == [f"sophia:tsigSecret is {SAID}"]


def test_the_check_of_a_certificate_tells_its_advisor_and_no_value_goes_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOPHIA_HOME", str(folder / "home"))
    accounts = {"https://ca.example": {"account_key": URL, "eab": {"kid": "k", "key": "canary-mac"}}}
    news = {"label": "shop", "domains": ["shop.example"], "issuer": {"folder": str(folder / "ca")}, "csr_pem": csr()}
    # Of an account that this run makes, the apply knows the key and the preview does not: a saved plan lets no more in.
    assert checked({}, {**news, "accounts": accounts})["advice"] == checked({}, {**news, "accounts": UNKNOWN})["advice"]
    found = checked({"accounts": accounts}, {**news, "accounts": accounts})
    assert "credential-age-unsaid" in [each["code"] for each in found["advice"]["findings"]]
    assert told_of(Journal.open()) == [f"issuer.account_key for https://ca.example is {SAID}"]


def test_of_a_certificate_it_is_the_account_and_what_binds_it() -> None:
    accounts = {"https://ca.example": {"account_key": "env:KEY", "eab": {"kid": "k", "key": URL}}}
    assert written(accounts) == {
        "issuer.account_key for https://ca.example": "env:KEY",
        "issuer.eab.key for https://ca.example": URL,
    }
    assert written(None) == {}
    assert written({"https://ca.example": {"account_key": None, "eab": "canary"}}) == {}

"""Every setting that takes a credential takes a reference to it: one table, which no setting may be missing from."""

import ast
import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from sophia_infra import settings
from sophia_infra.cli.mcp import token
from sophia_infra.credentials import CONFIGURED, CredentialError, Credentials
from sophia_infra.dns.backends import open_backend
from sophia_infra.dns.backends.cloudflare.client import connected
from sophia_infra.journal import seal
from sophia_infra.secrets.kinds import server_url
from sophia_infra.secrets.spec import CREDENTIALS
from sophia_infra.tls.account_resource import HIDDEN, read_access
from sophia_infra.tls.issuers import Access, authorities
from tests.support.refusals import refused
from tests.support.workspace import REPO

Config = Callable[[str], str | None]
TEXT = "canary-0123456789-0123456789-0123456789"


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting, by its key in configuration, else its variable, else the argument that the state keeps.

    `used` returns what is sent or opened with it.
    """

    used: Callable[[Config], object]
    key: str = ""
    variable: str = ""
    argument: str = ""
    credential: str = TEXT
    becomes: object = TEXT

    @property
    def name(self) -> str:
        return f"sophia:{self.key}" if self.key else self.variable or self.argument


def _backend(kind: str, config: Config, **given: Any) -> Any:
    return open_backend({"kind": kind, **given}, "shop.example", Credentials(config))


def _cloudflare(config: Config) -> object:
    with connected("http://127.0.0.1:1", 1, Credentials(config)) as client:
        sent = requests.Request("GET", "http://127.0.0.1:1", auth=client.session.auth).prepare()
        return sent.headers["Authorization"].removeprefix("Bearer ")


def _namecheap(config: Config) -> object:
    return _backend("namecheap", config, username="shop", client_ip="192.0.2.1").api.key()


def _tsig(config: Config) -> object:
    return _backend("rfc2136", config, server="127.0.0.1", key_name="key.").server().key.secret


def _model(config: Config) -> object:
    with_model = {"sophia:advisor": "claude"}
    claude = settings.read(lambda key: with_model.get(key) or config(key)).claude
    assert claude
    return claude.key()


def _journal(config: Config) -> object:
    return getattr(settings.journal(config).storage, "url")  # noqa: B009  # of the one in a database alone


def _issuer(config: Config) -> Access:
    kept = {"account_key": config("issuer.account_key"), "eab": {"kid": "kid", "key": config("issuer.eab.key") or MAC}}
    return read_access({"https://ca.example": kept}, "https://ca.example", Credentials())


def _binding_key(config: Config) -> object:
    binding = _issuer(config).binding
    return binding and binding.key


def _server(field: str) -> Callable[[Config], object]:
    return lambda config: server_url(config(field) or "", field)


MAC = "Y2FuYXJ5LW9mLWEtYmluZGluZw"
URL = f"postgresql://sophia:{TEXT}@db.example/audit"
SETTINGS = [
    Setting(_cloudflare, "cloudflareToken"),
    Setting(_cloudflare, variable="CLOUDFLARE_API_TOKEN"),
    Setting(_namecheap, "namecheapApiKey"),
    Setting(_namecheap, variable="NAMECHEAP_API_KEY"),
    Setting(_tsig, "tsigSecret", credential=base64.b64encode(TEXT.encode()).decode(), becomes=TEXT.encode()),
    Setting(_tsig, variable="SOPHIA_TSIG_SECRET", credential="Y2FuYXJ5", becomes=b"canary"),
    Setting(_model, "anthropicApiKey"),
    Setting(_model, variable="ANTHROPIC_API_KEY"),
    Setting(_journal, "journal", credential=URL, becomes=URL),
    Setting(_journal, variable="SOPHIA_JOURNAL", credential=URL, becomes=URL),
    Setting(lambda config: _issuer(config).account_key, argument="issuer.account_key"),
    Setting(_binding_key, argument="issuer.eab.key", credential=f"{MAC}XX", becomes=f"{MAC}XX"),
    *(Setting(_server(name), argument=name, credential=URL, becomes=URL) for name in ("server", "standbys", "poolers")),
    Setting(lambda _: seal.key(), variable="SOPHIA_ADVICE_KEY", becomes=TEXT.encode()),
    Setting(lambda _: seal.shared(seal.OLD), variable="SOPHIA_ADVICE_KEY_OLD", becomes=TEXT.encode()),
    Setting(lambda _: token(), variable="SOPHIA_MCP_TOKEN"),
    Setting(lambda _: authorities.passphrase(), variable="SOPHIA_CA_PASSPHRASE", becomes=TEXT.encode()),
]
each_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)


def _using(setting: Setting, given: str, monkeypatch: pytest.MonkeyPatch) -> object:
    configured: Mapping[str, str] = {} if setting.variable else {setting.name: given}
    if setting.variable:
        monkeypatch.setenv(setting.variable, given)
    return setting.used(configured.get)


def _by_variable(credential: str, _: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OF_TEAM", credential)
    return "env:OF_TEAM"


def _by_file(credential: str, folder: Path, _: pytest.MonkeyPatch) -> str:
    path = folder / "credential"
    path.touch(0o600)
    path.write_text(f"{credential}\n")
    return f"file:{path}"


def _by_environment(credential: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    (folder / "esc").mkdir()
    (folder / "esc" / "prod.yaml").write_text(json.dumps({"values": {"of": {"team": {"fn::secret": credential}}}}))
    return "esc://shop/prod/of.team"


def _by_itself(credential: str, *_: object) -> str:
    return credential


def _literally(credential: str, *_: object) -> str:
    return f"literal:{credential}"


@pytest.mark.parametrize("given", [_by_itself, _literally, _by_variable, _by_file, _by_environment])
@each_setting
def test_a_setting_takes_the_credential_or_a_reference_to_it(
    setting: Setting,
    given: Callable[[str, Path, pytest.MonkeyPatch], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _using(setting, given(setting.credential, tmp_path, monkeypatch), monkeypatch) == setting.becomes


@each_setting
def test_a_reference_that_leads_to_nothing_is_named_with_its_setting(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = f"file:{tmp_path}/none"
    with refused(CredentialError, "reference-missing", field=setting.name, says="no such file") as found:
        _using(setting, given, monkeypatch)
    assert found.value.subject.startswith("file:/")


def test_no_setting_that_takes_a_credential_is_missing_here() -> None:
    assert {key for key, _ in CONFIGURED} | {settings.JOURNAL} == {each.key for each in SETTINGS if each.key}
    of_secrets = {each.argument for each in SETTINGS if each.argument and "." not in each.argument}
    assert of_secrets == set(CREDENTIALS) - {"key"}  # which the kinds that have one look up
    assert {each.argument.split(".")[1] for each in SETTINGS if "." in each.argument} == set(HIDDEN)
    assert {variable for _, variable in CONFIGURED} <= _variables()
    assert {each.variable for each in SETTINGS if each.variable} == _variables() | {"SOPHIA_JOURNAL"}


@cache
def _variables() -> set[str]:
    """The variables that are called like a credential, of all that the library names."""
    called = re.compile(r"[A-Z0-9_]*_(KEY|TOKEN|SECRET|PASSPHRASE|PASSWORD)(_[A-Z]+)?")
    sources = (REPO / "components" / "sophia_infra").rglob("*.py")
    texts = (
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant)
    )
    return {text for text in texts if isinstance(text, str) and called.fullmatch(text)} - _OPENS_REFERENCES


_OPENS_REFERENCES = {"SOPHIA_ESC_PASSPHRASE", "SOPHIA_ESC_KEY_FILE", "PULUMI_ACCESS_TOKEN"}
"""What references are opened with is none itself; the second names a file."""

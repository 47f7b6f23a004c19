"""Pulumi Cloud as the source: the values of the evaluator, every fault by name, and no write that loses another."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import credentials
from sophia_infra.esc import Environment, EscError, cloud
from sophia_infra.esc.cloud import Cloud
from sophia_infra.esc.login import CLOUD, Login, current
from tests.esc.reference import BY_HAND, FIXTURES, Files, ours
from tests.support.beside import dripping
from tests.support.esc_server import ORGANIZATION, TOKEN, EscServer, Fault, Kept, Reply

DEV = "values:\n  app: {port: 8080}\n  token: {fn::secret: canary-token}\n"
ANSWERS = json.loads((FIXTURES / "answers.json").read_text())
KNOWN: dict[str, tuple[Files, Any]] = {
    **{name: (files, ANSWERS["by_hand"][name]) for name, files in BY_HAND.items() if name != "custom_tag"},
    **{f"drawn {at}": (each["files"], each["answer"]) for at, each in enumerate(ANSWERS["drawn"])},
}
OPENED = {name: files for name, (files, answer) in KNOWN.items() if answer and "\\ufffd" not in answer["revealed"]}
"""Those that have values. Octets that are no UTF-8 come from Cloud as U+FFFD, as JSON has no others."""


def keep(server: EscServer, files: Files) -> None:
    """Have a service hold files as they stand."""
    server.kept = {name if "/" in name else f"default/{name}": Kept([text]) for name, text in files.items()}


def test_environments_are_the_same_from_cloud_and_from_files(server: EscServer, source: Cloud) -> None:
    assert len(OPENED) > 200
    for name, files in OPENED.items():
        keep(server, files)
        found, expected = source.open("root"), ours(files, "root")
        for redact in (True, False):
            assert found.values.json(redact=redact) == expected.values.json(redact=redact), name
        for part in ("environment_variables", "files", "pulumi_config"):
            texts = [{key: item.json() for key, item in getattr(one, part).items()} for one in (found, expected)]
            assert texts[0] == texts[1], name


@pytest.mark.engine
def test_the_engine_prints_what_the_sdk_and_the_evaluator_give(
    server: EscServer, source: Cloud, engine: Path, tmp_path: Path
) -> None:
    chosen = list(OPENED.values())[:: len(OPENED) // 24]
    printed = {}
    for at, files in enumerate(chosen):
        keep(server, {**files, f"root{at}": files["root"]})
        expected = ours({**files, f"root{at}": files["root"]}, f"root{at}").values.json(indent=2)
        assert source.open(f"root{at}").values.json(indent=2) == expected
        printed[expected] = run(engine, tmp_path, "open", f"root{at}").stdout
    assert len(printed) > 20
    assert [f"{expected}\n" for expected in printed] == list(printed.values())


@pytest.mark.engine
def test_the_engine_lists_reads_and_edits_what_we_write(
    server: EscServer, source: Cloud, engine: Path, tmp_path: Path
) -> None:
    source.create("sophia/dev")
    tag = source.define("sophia/dev", DEV, source.definition("sophia/dev").etag)
    assert run(engine, tmp_path, "ls").stdout == f"{ORGANIZATION}/sophia/dev\n"
    assert run(engine, tmp_path, "get", "sophia/dev", "app.port", "--value", "json").stdout == "8080\n"
    (tmp_path / "new.yaml").write_text("values: {a: 1}\n")
    assert "revision" in run(engine, tmp_path, "edit", "sophia/dev", "--file", str(tmp_path / "new.yaml")).stdout
    with pytest.raises(EscError) as refused:
        source.define("sophia/dev", DEV, tag)
    assert refused.value.code == "esc-moved"
    assert source.open("sophia/dev@2").values.plain(redact=True) == {"app": {"port": 8080}, "token": "[secret]"}


def run(engine: Path, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, "PULUMI_HOME": str(home / "home"), "PULUMI_SKIP_UPDATE_CHECK": "1"}
    return subprocess.run([engine / "pulumi", "env", *words], env=variables, capture_output=True, text=True, check=True)


def test_secrets_stay_marked_and_a_place_is_told(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    assert "canary" not in server.kept["sophia/dev"].revisions[-1]
    found = source.open("acme/sophia/dev")
    assert found.value("token").secret
    assert not found.value("app.port").secret
    assert TOKEN not in repr(source)
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "esc-login"), (403, "esc-login"), (404, "esc-missing"), (418, "esc-cloud")],
)
def test_a_refusal_is_told_by_name_and_not_tried_again(
    server: EscServer, source: Cloud, status: int, code: str
) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open$", Reply(status))]
    with pytest.raises(EscError) as refused:
        source.open("sophia/dev")
    assert (refused.value.code, refused.value.field) == (code, "sophia/dev")
    assert refused.value.subject == source.login.host
    assert TOKEN not in str(refused.value)
    assert len(server.calls) == 2


def test_no_log_has_a_token_or_a_secret(server: EscServer, source: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open$", Reply(503))]
    source.open("sophia/dev")
    source.define("sophia/dev", DEV.replace("8080", "1"), source.definition("sophia/dev").etag)
    assert "retry_scheduled" in caplog.text
    assert "canary" not in caplog.text


def test_no_redirect_is_followed(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open$", Reply(307, headers={"Location": f"{server.url}/elsewhere"}))]
    with pytest.raises(EscError, match="answers 307"):
        source.open("sophia/dev")
    assert not [call for call in server.calls if "elsewhere" in call]


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("step", ["/default$", "/open$", "/open/session"])
def test_what_passes_by_is_asked_again(server: EscServer, source: Cloud, status: int, step: str) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault(step, Reply(status)), Fault(step, Reply(status))]
    assert source.open("sophia/dev").value("app.port").plain() == 8080


def test_a_service_that_stays_away_is_told_after_five_tries(server: EscServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open$", Reply(503)) for _ in range(9)]
    monkeypatch.setattr(cloud, "_PAUSE", 0.01)
    with pytest.raises(EscError, match="answers 503") as refused:
        Cloud(Login(server.url, TOKEN)).open("sophia/dev")
    assert (refused.value.code, len(server.faults)) == ("esc-cloud", 4)
    with pytest.raises(EscError, match="can't be asked") as refused:
        Cloud(Login("http://127.0.0.1:9", TOKEN), seconds=0.2).open("sophia/dev")
    assert refused.value.code == "esc-cloud"


def test_a_pause_that_is_asked_for_is_kept_and_none_goes_beyond_the_time(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open$", Reply(429, headers={"Retry-After": "1"}))]
    begun = time.monotonic()
    assert source.open("sophia/dev")
    assert time.monotonic() - begun >= 1
    server.faults = [Fault("/open$", Reply(429, headers={"Retry-After": "3600"}))]
    begun = time.monotonic()
    with pytest.raises(EscError, match="answers 429"):
        source.open("sophia/dev")
    assert time.monotonic() - begun < 30


def test_an_answer_that_comes_octet_by_octet_ends_with_its_time() -> None:
    begun = time.monotonic()
    with dripping() as url, pytest.raises(EscError, match="can't be asked") as refused:
        Cloud(Login(url, TOKEN, ORGANIZATION), seconds=0.4).open("sophia/dev")
    assert refused.value.code == "esc-cloud"
    assert time.monotonic() - begun < 5


def test_a_slow_answer_is_not_waited_for_longer_than_that(server: EscServer) -> None:
    server.put("sophia/dev", DEV)
    asked_in_vain = threading.Event()
    server.faults = [Fault("/open$", deed=lambda: asked_in_vain.wait(120)) for _ in range(2)]
    begun = time.monotonic()
    with pytest.raises(EscError, match="TimeoutError"):
        Cloud(Login(server.url, TOKEN), seconds=0.3).open("sophia/dev")
    assert time.monotonic() - begun < 60
    asked_in_vain.set()


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        "[]",
        "[" * 100_000,
        '{"properties": {"a": 1}}',
        '{"properties": []}',
        '{"properties": {"a": {"value": 1, "trace": {"def": {"begin": {"line": 1.5}}}}}}',
        '{"diagnostics": ["none"]}',
        '{"diagnostics": 5}',
    ],
)
def test_an_answer_that_is_broken_is_refused(server: EscServer, source: Cloud, body: str) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("/open/session", Reply(200, body))]
    with pytest.raises(EscError) as refused:
        source.open("sophia/dev")
    assert refused.value.code == "esc-cloud"


def test_nothing_is_left_unknown(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    unknown: Any = {"properties": {"a": {"value": {"b": {"unknown": True, "trace": {}}}, "trace": {}}}}
    server.faults = [Fault("/open/session", Reply(200, unknown))]
    with pytest.raises(EscError) as refused:
        source.open("sophia/dev")
    assert (refused.value.code, refused.value.field) == ("esc-refused", "values.a.b")


def test_an_error_in_an_environment_names_its_place(server: EscServer, source: Cloud) -> None:
    server.put("sophia/base", "values:\n  a: ${nowhere}\n")
    server.put("sophia/dev", "imports: [sophia/base]\n")
    for ask in (source.open, source.check):
        with pytest.raises(EscError) as refused:
            ask("sophia/dev")
        assert (refused.value.code, refused.value.subject) == ("esc-refused", "sophia/base:2:8")


@pytest.mark.parametrize("name", ["", "a/b/c/d", "no/such name", "../dev", "ab/sophia/dev", "sophia/dev@", "a\n"])
def test_what_is_no_name_reaches_no_service(server: EscServer, source: Cloud, name: str) -> None:
    with pytest.raises(EscError) as refused:
        source.open(name)
    assert refused.value.code == "esc-name"
    assert server.calls == []


def test_a_write_that_would_lose_another_is_refused(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    held = source.definition("sophia/dev")
    server.put("sophia/dev", "values: {by: somebody}\n")
    with pytest.raises(EscError) as refused:
        source.define("sophia/dev", "values: {by: us}\n", held.etag)
    assert (refused.value.code, refused.value.field) == ("esc-moved", "sophia/dev")
    assert server.plain("sophia/dev") == "values: {by: somebody}\n"
    assert server.calls[-2].startswith("PATCH ")


def test_what_was_written_is_read_back(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    other = Fault("^PATCH", after=True, deed=lambda: server.put("sophia/dev", "values: {by: somebody}\n"))
    server.faults = [other]
    with pytest.raises(EscError) as refused:
        source.define("sophia/dev", "values: {by: us}\n", source.definition("sophia/dev").etag)
    assert refused.value.code == "esc-moved"


@pytest.mark.parametrize("after", [True, False])
def test_a_write_without_an_answer_is_done_once(server: EscServer, source: Cloud, after: bool) -> None:
    server.put("sophia/dev", DEV)
    server.faults = [Fault("^PATCH", Reply(0), after=after)]
    text = "values: {by: us}\n"
    tag = source.define("sophia/dev", text, source.definition("sophia/dev").etag)
    assert (tag, server.plain("sophia/dev")) == (server.kept["sophia/dev"].etag, text)
    assert len(server.kept["sophia/dev"].revisions) == 3


def test_an_environment_that_is_refused_is_not_written(server: EscServer, source: Cloud) -> None:
    server.put("sophia/dev", DEV)
    with pytest.raises(EscError) as refused:
        source.define("sophia/dev", "values:\n  a: ${b}\n", source.definition("sophia/dev").etag)
    assert (refused.value.code, refused.value.subject) == ("esc-refused", "sophia/dev:2:8")
    assert server.plain("sophia/dev").endswith('"canary-token"}\n')


def test_one_value_is_set_and_all_else_stays(server: EscServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    server.put("sophia/dev", f"# of the shop\n{DEV}")
    Cloud().write("sophia/dev", "token", "canary-a$$b: {c}", secret=True)
    Cloud().write("sophia/dev", "app.name", "shop", secret=False)
    assert server.plain("sophia/dev") == (
        f"# of the shop\n{DEV}".replace("8080}", "8080, name: shop}").replace("canary-token", '"canary-a$$b: {c}"')
    )
    other = Fault("^PATCH", deed=lambda: server.put("sophia/dev", "values: {token: {fn::secret: canary-other}}\n"))
    server.faults = [other]
    with pytest.raises(EscError) as refused:
        Cloud().write("sophia/dev", "token", "canary-ours", secret=True)
    assert refused.value.code == "esc-moved"
    assert "other" in server.plain("sophia/dev")


def test_a_credential_by_reference_comes_from_cloud(server: EscServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    server.put("sophia/dev", DEV)
    assert credentials.resolve("esc://sophia/dev/token", "sophia:x") == "canary-token"
    with pytest.raises(credentials.CredentialError) as refused:
        credentials.resolve("esc://sophia/other/token", "sophia:x")
    assert refused.value.code == "reference-missing"


def test_the_setting_says_where_environments_are(server: EscServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("default/dev", "values: {from: cloud}\n")
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    assert Environment.open("dev").value("from").plain() == "cloud"


def login(folder: Path, **content: Any) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "credentials.json").write_text(json.dumps(content))


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user who is not logged in."""
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CREDENTIALS_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_the_login_is_that_of_the_engine(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = "https://pulumi.shop.example"
    accounts = {own: {"accessToken": "pul-1"}}
    login(nowhere, current=own, accessTokens={own: "pul-old", CLOUD: "pul-cloud"}, accounts=accounts)
    (nowhere / "config.json").write_text(json.dumps({"backends": {own: {"defaultOrg": "shop"}}}))
    assert current() == Login(own, "pul-1", "shop")
    Path("Pulumi.yaml").write_text(f"name: shop\nbackend: {{url: {CLOUD}}}\n")
    assert current() == Login(CLOUD, "pul-cloud")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"{own}/")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-2")
    assert current() == Login(own, "pul-2", "shop")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///var/states")
    assert current() == Login(CLOUD, "pul-2")


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://api.pulumi.com", ""),
        ("https://api.pulumi.com", "canary-a\nb"),
        ("http://192.0.2.1", "canary-a"),
        ("https://canary-u@192.0.2.1", "canary-a"),
        ("https://192.0.2.1/path", "canary-a"),
        ("https://[", "canary-a"),
    ],
)
def test_a_login_that_is_none_is_refused_and_not_shown(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, url: str, token: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", token)
    with pytest.raises(EscError) as refused:
        current()
    assert refused.value.code == "esc-login"
    assert "canary" not in str(refused.value)

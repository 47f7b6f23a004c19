"""A check: errors are found, and no provider is asked and no secret opened to find them."""

import json
import sys
from pathlib import Path

import pytest

from sophia_infra.esc import EscError, Local
from sophia_infra.esc.cipher import KEY_FILE, PASSPHRASE, TeamKey, wrapped
from tests.esc.reference import Memory


def checked(text: str, **others: str) -> tuple[str, ...]:
    return Local(Memory({"root": text, **others})).check("root")


def provider(name: str, **inputs: object) -> str:
    return f"{{'fn::open::{name}': {json.dumps(inputs)}}}"


def test_no_command_runs_and_no_server_is_asked(tmp_path: Path) -> None:
    left = tmp_path / "ran"
    runs = provider("command", run=[sys.executable, "-c", f"open({str(left)!r}, 'w')"])
    asks = provider("external", url="https://nobody.invalid/")
    assert checked(f"values: {{a: {runs}, b: {asks}, c: 'x${{a.output}}', d: '${{b.response.token}}'}}\n") == ()
    assert not left.exists()


@pytest.mark.parametrize(
    "use",
    [
        "'${p}'",
        "'${p.a[0].b}'",
        "'x ${p.a}'",
        "'${list[0].a}'",
        "{fn::toJSON: '${list}'}",
        "{fn::fromJSON: '${p.a}'}",
        "{fn::join: [',', ['${p.a}', x]]}",
        "{fn::concat: [['${p.a}'], '${p.b}']}",
        "{fn::validate: {schema: {type: string}, value: '${p}'}}",
        "{fn::final: '${p}'}",
        "'${imports.base.p.a}'",
        "'${environments.any.base.p.a}'",
        "'${merged.other}'",
        "'${over.mine.other}'",
        "'${imports.mid.merged.other}'",
    ],
)
def test_what_needs_a_provider_is_left_out(use: str) -> None:
    asks = provider("env", read={"a": "NOWHERE_SET"})
    base = f"values: {{p: {asks}, merged: {asks}, over: {{mine: {asks}}}}}\n"
    mid = "imports: [base]\nvalues: {merged: {a: 1}}\n"
    values = f"{{list: ['${{p}}'], merged: {{a: 1}}, over: {{mine: {{a: 1}}}}, x: {use}}}"
    text = f"imports: [base, {{mid: {{merge: false}}}}]\nvalues: {values}\n"
    assert checked(text, base=base, mid=mid, **{"any/base": base}) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("values: {p: PROVIDER, x: '${nowhere}'}", "esc-reference"),
        ("values: {x: {fn::open::env: {read: {a: '${nowhere}'}}}}", "esc-reference"),
        ("values: {x: {fn::open::env: 3}}", "esc-function"),
        ("values: {x: {fn::open::nobody: {}}}", "esc-provider"),
        ("values: {p: PROVIDER, x: {fn::join: ['${p.a}']}}", "esc-function"),
        ("values: {x: {fn::secret: {ciphertext: none}}}", "esc-ciphertext"),
        ("imports: [gone]\nvalues: {}", "esc-missing"),
    ],
)
def test_an_error_is_found_all_the_same(text: str, code: str) -> None:
    with pytest.raises(EscError) as refused:
        checked(text.replace("PROVIDER", provider("env", read={"a": "NOWHERE_SET"})))
    assert refused.value.code == code


def test_it_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "of the team")
    sealed = wrapped(TeamKey().encrypt(b"canary-secret"))
    monkeypatch.delenv(PASSPHRASE)
    monkeypatch.delenv(KEY_FILE, raising=False)
    text = f"values: {{s: {{fn::secret: {{ciphertext: {sealed}}}}}, x: 'u:${{s}}', y: '${{s.a}}'}}"
    assert checked(text) == ()
    with pytest.raises(EscError) as refused:
        Local(Memory({"root": text})).check("root", opens_secrets=True)
    assert refused.value.code == "esc-key"

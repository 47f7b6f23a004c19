"""The door: which file an environment is, what it says of a value, and how it fails."""

import os
import time
from pathlib import Path

import pytest

from sophia_infra.esc import Environment, EscError, Value
from sophia_infra.esc.cipher import KEY_FILE, PASSPHRASE, TeamKey, opened, unwrapped, wrapped
from sophia_infra.esc.errors import Place
from tests.esc.reference import ours

PLACE = Place("dev.yaml", 3, 5, "values.s")
SECRET = "canary-secret"


def opened_by(files: dict[str, str]) -> Environment:
    return ours(files, "root")


def test_a_project_has_a_folder_or_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").write_text("values: {at: top}")
    assert Environment.open("sophia/dev", tmp_path).value("at").content == "top"
    (tmp_path / "sophia").mkdir()
    with pytest.raises(EscError) as refused:
        Environment.open("sophia/dev", tmp_path)
    assert refused.value.code == "esc-missing"
    (tmp_path / "sophia" / "dev.yaml").write_text("values: {at: project}")
    assert Environment.open("sophia/dev", tmp_path).value("at").content == "project"
    assert Environment.open("dev", tmp_path).value("at").content == "top"


@pytest.mark.parametrize("name", ["", "../dev", "a/b/c", "dev@3", "/etc/passwd", "a/..", "..", "dev\n"])
def test_what_is_no_name_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(EscError) as refused:
        Environment.open(name, tmp_path)
    assert refused.value.code == "esc-name"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "dev.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "prod.yaml")
    for name in ("dev", "prod"):
        with pytest.raises(EscError) as refused:
            Environment.open(name, tmp_path)
        assert refused.value.code == "esc-missing"


def test_no_secret_is_shown_by_accident() -> None:
    found = opened_by({"root": f"values: {{s: {{fn::secret: {SECRET}}}, l: ['x${{s}}']}}"})
    assert SECRET not in repr(found)
    assert SECRET not in str(found.values)
    assert found.values.plain(redact=True) == {"s": "[secret]", "l": ["[secret]"]}


@pytest.mark.parametrize(
    "text",
    [
        "values: {s: {fn::secret: canary-secret}, x: '${s.a}'}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::fromJSON: '${s}'}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::fromBase64: '${s}'}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::concat: ['${s}']}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::validate: {schema: {const: a}, value: '${s}'}}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::validate: {schema: {const: '${s}'}, value: a}}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::open::file: {path: '${s}'}}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::open::env: {read: {a: '${s}'}}}}",
        "values: {s: {fn::secret: canary-secret}, x: {fn::open::command: {run: ['${s}']}}}",
        "values: {s: {fn::secret: 'https://[canary-secret'}, x: {fn::open::external: {url: '${s}'}}}",
    ],
)
def test_no_error_shows_a_value(text: str) -> None:
    with pytest.raises(EscError) as refused:
        opened_by({"root": text})
    assert SECRET not in str(refused.value)


def test_no_error_lists_the_keys_of_a_secret() -> None:
    text = "values: {s: {fn::fromJSON: {fn::secret: '{\"canary-key\": {\"canary-in\": 1}}'}}, x: '${s.PATH}'}"
    for path in ("a", "canary-key.a"):
        with pytest.raises(EscError) as refused:
            opened_by({"root": text.replace("PATH", path)})
        assert refused.value.code == "esc-reference"
        assert "known are" not in str(refused.value)
        assert "canary-in" not in str(refused.value)


def test_a_value_says_which_import_it_is_from() -> None:
    found = opened_by({"root": "imports: [base]\nvalues: {b: '${a}'}\n", "base": "values:\n  a: 1\n"})
    assert str(found.value("b").place) == "base:2:6"


def test_a_setting_says_where_environments_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "esc").mkdir()
    (tmp_path / "esc" / "dev.yaml").write_text("values: {a: 1}")
    monkeypatch.chdir(tmp_path)
    for named in ("", "files"):
        monkeypatch.setenv("SOPHIA_ENVIRONMENTS", named)
        assert Environment.open("sophia/dev").value("a").plain() == 1
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "clouds")
    with pytest.raises(EscError, match="'clouds'") as refused:
        Environment.open("sophia/dev")
    assert (refused.value.code, refused.value.field) == ("esc-source", "SOPHIA_ENVIRONMENTS")
    assert Environment.open("sophia/dev", "esc").value("a").plain() == 1, "a folder that is named is meant"


def test_what_is_odd_is_told() -> None:
    found = opened_by({"root": "imports: [base]\nvalues: {a: 2}\nother: 1\n", "base": "values: {a: {fn::final: 1}}"})
    assert [line.split(": ")[0] for line in found.warnings] == ["root:3:8", "root:2:13"]


@pytest.mark.parametrize(("path", "code"), [("b", "esc-reference"), ("a.b", "esc-reference"), ("a[", "esc-syntax")])
def test_a_path_that_leads_nowhere_is_refused(path: str, code: str) -> None:
    with pytest.raises(EscError) as refused:
        opened_by({"root": "values: {a: 1}"}).value(path)
    assert refused.value.code == code


def test_no_depth_ends_in_a_traceback() -> None:
    long = "".join(f"  a{at}: ${{a{at + 1}}}\n" for at in range(3000))
    nested = "".join(f"  a{at + 1:04}: ['${{a{at:04}}}']\n" for at in range(900))
    doubled = "".join(f"  a{at + 1:04}: ['${{a{at:04}}}', '${{a{at:04}}}']\n" for at in range(40))
    texts = (f"values:\n{long}  a3000: 1\n", f"values: {{a: {'[' * 300}{']' * 300}}}")
    for text in (*texts, f"values:\n  a0000: 1\n{nested}", f"values:\n  a0000: 1\n{doubled}"):
        with pytest.raises(EscError):
            opened_by({"root": text})


def test_a_secret_is_opened_by_its_key_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(KEY_FILE, raising=False)
    monkeypatch.setenv(PASSPHRASE, "of the team")
    sealed = wrapped(TeamKey().encrypt(SECRET.encode()))
    assert opened(unwrapped(sealed, PLACE), TeamKey(), PLACE) == SECRET
    assert wrapped(TeamKey().encrypt(SECRET.encode())) != sealed
    file = tmp_path / "key"
    file.touch(0o600)
    file.write_text("of the team\n")
    monkeypatch.delenv(PASSPHRASE)
    monkeypatch.setenv(KEY_FILE, str(file))
    assert opened(unwrapped(sealed, PLACE), TeamKey(), PLACE) == SECRET
    for content in ("of others", ""):
        file.write_text(content)
        with pytest.raises(EscError) as refused:
            opened(unwrapped(sealed, PLACE), TeamKey(), PLACE)
        assert (refused.value.code, refused.value.place) == ("esc-key", PLACE)
    file.unlink()
    with pytest.raises(EscError) as refused:
        opened(unwrapped(sealed, PLACE), TeamKey(), PLACE)
    assert refused.value.code == "esc-key"


@pytest.mark.parametrize("at", [4, 9, 20, 40, 60, -9])
def test_a_ciphertext_that_was_altered_is_refused(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setenv(PASSPHRASE, "of the team")
    ciphertext = bytearray(TeamKey().encrypt(SECRET.encode()))
    ciphertext[at % len(ciphertext)] ^= 1
    with pytest.raises(EscError) as refused:
        opened(bytes(ciphertext), TeamKey(), PLACE)
    assert refused.value.code == "esc-key"


def test_json_values_become_values_and_back() -> None:
    plain = {"a": [1, 1.5, True, None, "x"], "b": {"c": Value("s", secret=True)}}
    found = Value.of(plain)
    assert found.plain(redact=True) == {"a": [1, 1.5, True, None, "x"], "b": {"c": "[secret]"}}
    assert found.has_secret
    assert not found.secret


def test_what_is_below_a_secret_is_shown_to_nobody() -> None:
    found = opened_by({"root": f"values: {{p: {{fn::split: [',', {{fn::secret: '{SECRET},x'}}]}}, q: '${{p[0]}}'}}"})
    assert found.value("p[0]").secret
    assert SECRET not in repr(found.value("p[0]"))
    assert found.value("p[0]").content == SECRET
    assert not found.value("q").secret, "as in the reference"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666])
def test_a_key_that_every_user_may_read_or_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    key = tmp_path / "team.key"
    key.write_text("of the team\n")
    key.chmod(mode)
    monkeypatch.delenv(PASSPHRASE, raising=False)
    monkeypatch.setenv(KEY_FILE, str(key))
    with pytest.raises(EscError, match=f"chmod o= {key}") as refused:
        TeamKey().encrypt(b"x")
    assert refused.value.code == "esc-key"
    key.chmod(0o640)
    assert TeamKey().encrypt(b"x")


def test_a_passphrase_of_any_octets_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSPHRASE, "of the team\udcff")
    assert TeamKey().decrypt(TeamKey().encrypt(b"x")) == b"x"


def test_a_long_text_is_read_in_time_that_grows_with_its_length() -> None:
    text = f"values:\n  b: x\n  a: '{'${b}$$$x' * 20_000}'\n"
    begun = time.process_time()
    assert opened_by({"root": text}).value("a").content == "x$$x" * 20_000
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("number", ["1e999", "9" * 5000])
def test_a_number_that_python_has_not_is_refused_and_printed_as_it_is(number: str) -> None:
    found = opened_by({"root": f"values: {{a: {{fn::fromJSON: '{number}'}}}}"})
    assert found.values.json() == f'{{"a":{number}}}'
    with pytest.raises(EscError) as refused:
        found.value("a").plain()
    assert refused.value.code == "esc-unsupported"


def test_a_number_beyond_all_range_fits_no_limit_and_is_not_shown() -> None:
    text = "values: {a: {fn::validate: {schema: {minimum: 1}, value: {fn::fromJSON: '1e999999'}}}}"
    with pytest.raises(EscError) as refused:
        opened_by({"root": text})
    assert refused.value.code == "esc-schema"
    assert "1e999999" not in str(refused.value)

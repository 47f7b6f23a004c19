"""A value is set where it stands, and all else of the file stays as it is."""

import pytest

from sophia_infra.esc import EscError, file_edits
from sophia_infra.esc.nodes import bare, read
from sophia_infra.esc.yaml_text import quoted
from tests.esc.reference import BY_HAND

FILE = """\
# What every environment shares.
imports: [base]   # first

values:
  app:
    name: shop  # the name
    ports: [80, 443]
    odd:
    limits: {cpu: 1}
    # about the text
    text: |
      two
      lines
  db:
    password:
      fn::secret: old   # rotated in May
    token: {fn::secret: {ciphertext: ZXNjeA==}}

# the end
"""


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        ("app.name", "store", "name: shop  # the name", "name: store  # the name"),
        ("app.ports[1]", "8443", "[80, 443]", "[80, 8443]"),
        ("app.odd", "1", "    odd:\n", "    odd: 1\n"),
        ("app.odd.x", "1", "    odd:\n", "    odd: {x: 1}\n"),
        ("app.text", "one", "text: |\n      two\n      lines\n", "text: one\n"),
        ("app.limits.memory", "2", "{cpu: 1}", "{cpu: 1, memory: 2}"),
        ("app.limits.a.b", "2", "{cpu: 1}", "{cpu: 1, a: {b: 2}}"),
        ("app.new", "true", "      lines\n", "      lines\n    new: true\n"),
        ('db["a b"].c', "x", "ZXNjeA==}}\n", 'ZXNjeA==}}\n    "a b":\n      c: x\n'),
        ("extra", "[1]", "ZXNjeA==}}\n", "ZXNjeA==}}\n  extra: [1]\n"),
    ],
)
def test_all_else_of_the_file_stays_as_it_is(path: str, value: str, before: str, after: str) -> None:
    assert before in FILE
    assert file_edits.with_value(FILE, "dev.yaml", path, value, is_text=False) == FILE.replace(before, after, 1)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("db.password", "fn::secret: old   #", "fn::secret: {ciphertext: bmV3}   #"),
        ("db.token", "ZXNjeA==", "bmV3"),
        ("app.name", "name: shop ", "name: {fn::secret: {ciphertext: bmV3}} "),
        ("db.more", "ZXNjeA==}}\n", "ZXNjeA==}}\n    more: {fn::secret: {ciphertext: bmV3}}\n"),
    ],
)
def test_a_secret_takes_the_place_of_the_old_one(path: str, before: str, after: str) -> None:
    made = file_edits.with_value(FILE, "dev.yaml", path, "new", secret=True, seal=lambda _: "{ciphertext: bmV3}")
    assert made == FILE.replace(before, after, 1)


@pytest.mark.parametrize(
    "text", ["", "values: {}\n", "imports: [base]\n", "values:\n", "# only this\n", "values:\n  b: 1"]
)
def test_a_first_value_has_its_place(text: str) -> None:
    made = file_edits.with_value(text, "dev.yaml", "app.name", "shop")
    assert made.startswith(text.rstrip("{}\n"))
    assert file_edits.with_value(made, "dev.yaml", "app.name", "store").replace("store", "shop") == made


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("db.password", "esc-syntax"),  # a secret, and no secret is given
        ("app.ports", "esc-syntax"),
        ("app.name.x", "esc-reference"),
        ("app.ports[2]", "esc-reference"),
        ("app.ports.x", "esc-reference"),
    ],
)
def test_what_would_lose_something_is_refused(path: str, code: str) -> None:
    with pytest.raises(EscError) as refused:
        file_edits.with_value(FILE, "dev.yaml", path, "x")
    assert refused.value.code == code
    assert refused.value.place


@pytest.mark.parametrize(
    ("given", "is_text", "expected"),
    [
        ("3", False, "3"),
        ("3", True, '"3"'),
        ("true", False, "true"),
        ("[1, a]", False, "[1, a]"),
        ("shop.example", False, "shop.example"),
        ("a: b", False, '"a: b"'),
        ("", False, ""),
        ("", True, '""'),
        ("two\nlines", False, '"two\\nlines"'),
        ("${app.name}", False, '"${app.name}"'),
    ],
)
def test_a_value_is_what_it_looks_like_unless_it_is_said_to_be_a_text(given: str, is_text: bool, expected: str) -> None:
    assert file_edits.written(given, is_text=is_text) == expected


SECRETS = """\
values:
  pem:
    fn::secret: |
      one
        two

  folded:
    fn::secret: >-
      a
      b
  list:
    - fn::secret: plain text  # a comment
    - {fn::secret: 'it''s'}
    - fn::secret: over
        two lines
  deep: {fn::open::file: {path: {fn::secret: "\\ttab"}}}
  sealed:
    fn::secret:
      ciphertext: ZXNjeA==   # of May

    # before the next
  none: {fn::secret: }
  last:
    fn::secret: |-
      end"""


def test_secrets_are_replaced_where_they_stand_and_all_else_stays() -> None:
    made = file_edits.with_secrets(SECRETS, "dev.yaml", lambda text, _, __: quoted(f"{text}é\x7f\u2028"))
    expected, found = bare(read(SECRETS, "")), bare(read(made, ""))
    behind = expected["values"]
    assert found["values"]["pem"] == {"fn::secret": behind["pem"]["fn::secret"] + "é\x7f\u2028"}
    assert found["values"]["list"][2] == {"fn::secret": "over two linesé\x7f\u2028"}
    assert found["values"]["sealed"] == {"fn::secret": "ZXNjeA==é\x7f\u2028"}
    assert [line for line in SECRETS.splitlines() if "#" in line and line.split("#")[1] not in made] == []
    same = file_edits.with_secrets(made, "dev.yaml", lambda text, _, __: quoted(text.removesuffix("é\x7f\u2028")))
    behind["sealed"] = {"fn::secret": "ZXNjeA=="}
    assert bare(read(same, "")) == expected


@pytest.mark.parametrize("name", BY_HAND)
def test_secrets_as_they_are_leave_an_environment_as_it_is(name: str) -> None:
    for text in BY_HAND[name].values():
        try:
            expected = bare(read(text, ""))
        except EscError:
            continue
        made = file_edits.with_secrets(
            text,
            "",
            lambda text, sealed, _: f"{{ciphertext: {quoted(text)}}}" if sealed else quoted(text),
        )
        assert bare(read(made, "")) == expected

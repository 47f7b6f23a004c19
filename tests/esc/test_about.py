"""What is said of values: who reads it gets no value, and what is wrong with it is told at its place."""

import pytest

from sophia_infra.changes import Exposure
from sophia_infra.esc import EscError, Local
from sophia_infra.esc.about import EXPOSURES, About
from tests.esc.reference import Memory, ours

TEXT = """\
imports: [base]
values:
  db: {url: {fn::secret: canary-url}, port: 5432}
  token: {fn::open::env: {read: {a: NOWHERE_SET}}}
  aboutValues:
    db.url: {purpose: orders, owner: data, consumers: [api, reports], max_age: 30d, exposure: high}
    'token["a"]': {owner: data}
"""
BASE = "values: {host: a, aboutValues: {host: {purpose: where it is}}}\n"


def said(text: str) -> dict[str, About]:
    return ours({"root": f"values: {{s: {{fn::secret: canary-s}}, a: 1, aboutValues: {text}}}"}, "root").about


def test_it_is_read_by_path_imports_included_and_holds_no_value() -> None:
    found = ours({"root": TEXT.replace("fn::open::env", "fn::open::echo"), "base": BASE}, "root")
    with pytest.raises(EscError):
        found.about  # noqa: B018  what it raises: there is no `token["a"]` here
    text = TEXT.replace("fn::open::env: {read: {a: NOWHERE_SET}}", "a: 1")
    about = ours({"root": text, "base": BASE}, "root").about
    assert about["db.url"] == About("orders", "data", ("api", "reports"), "30d", "high")
    assert about["host"] == About(purpose="where it is")
    assert "canary" not in repr(about)


def test_a_rotating_secret_takes_its_consumers_and_age_from_it() -> None:
    assert About("orders", "data", ("api",), "30d").rotation == {"consumers": ["api"], "max_age": "30d"}
    assert About("orders").rotation == {}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{a: {pourpose: x}}", "aboutValues.a.pourpose"),
        ("{a: {owner: 3}}", "aboutValues.a.owner"),
        ("{a: {consumers: api}}", "aboutValues.a.consumers"),
        ("{a: {exposure: much}}", "aboutValues.a.exposure"),
        ("{a: {max_age: 30}}", "aboutValues.a.max_age"),
        ("{a: text}", "aboutValues.a"),
        ("{nowhere: {owner: x}}", "nowhere"),
        ("{a: {owner: '${s}'}}", "values.aboutValues.a"),
    ],
)
def test_what_nothing_reads_is_refused_at_its_place(text: str, field: str) -> None:
    with pytest.raises(EscError) as refused:
        said(text)
    assert (refused.value.code, refused.value.field) == ("esc-about", field)
    assert refused.value.subject.startswith("root:1:")
    assert "canary" not in str(refused.value)


def test_a_check_names_the_secrets_of_nobody() -> None:
    def checked(text: str) -> list[str]:
        return [line.split(" is a secret")[0] for line in Local(Memory({"root": text, "base": BASE})).check("root")]

    assert checked(TEXT) == ["root:4:10: token"]
    assert checked(TEXT.replace("'token[\"a\"]'", "token")) == []
    assert checked(TEXT.replace("owner: data, ", "")) == ["root:3:13: db.url", "root:4:10: token"]


def test_an_age_that_is_no_time_is_told_by_a_check_and_the_environment_holds() -> None:
    text = "{s: {fn::secret: canary-s}, aboutValues: {s: {owner: data, max_age: quarterly}}}"
    (told,) = Local(Memory({"root": f"values: {text}"})).check("root")
    assert told.startswith("aboutValues.s: max_age is 'quarterly'")
    assert ours({"root": f"values: {text}"}, "root").about["s"].max_age == "quarterly"


def test_exposures_are_those_of_changes() -> None:
    assert tuple(map(str, Exposure)) == EXPOSURES

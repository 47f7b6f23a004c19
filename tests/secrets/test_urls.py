"""The URL of a server: what stands unquoted in its password shows nowhere."""

import shlex
import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from sophia_infra.secrets.kinds import SecretError, open_kind, server_url, with_login
from sophia_infra.secrets.spec import SecretSpec

CANARY = "canary8123"


@pytest.mark.parametrize("scheme", ["postgresql", "redis"])
@pytest.mark.parametrize(
    "password",
    [
        f"{CANARY}/x",
        f"1/{CANARY}",
        f"{CANARY}#x",
        f"{CANARY}?x",
        f"1?{CANARY}",
        f"{CANARY}%zz",
        f"[{CANARY}",
        f"{CANARY}@x",
        f"{CANARY} x",
        f"{CANARY}\n",
        f"{CANARY}%00",
    ],
)
def test_a_password_that_is_not_quoted_is_refused_and_not_shown(scheme: str, password: str) -> None:
    with pytest.raises(SecretError) as refused:
        server_url(f"{scheme}://admin:{password}@db.example:5432/shop", "server")
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://admin:a%2Fb%40@db.example:5432/shop?sslmode=verify-full",
        "postgresql://admin:p@db1.example:5432,db2.example/shop?target_session_attrs=read-write",
        "postgresql://admin:p@[2001:db8::1]:5432/shop",
        "postgresql:///shop?host=/run/postgresql",
        "postgresql://%2Frun%2Fpostgresql/shop",
        "rediss://:p@cache.example/0",
        "redis://127.0.0.1:6379",
    ],
)
def test_a_url_that_can_be_read_is_taken_as_it_is(url: str) -> None:
    assert server_url(url, "server") == url


def test_consumers_are_given_what_a_url_says_of_the_server_and_nothing_of_its_admin() -> None:
    query = "host=db.example&sslmode=verify-full&user=admin&password=canary8123&sslkey=/root/key"
    given = {"label": "l", "name": "n", "kind": "postgres", "group": "app", "server": f"postgresql:///shop?{query}"}
    login = open_kind(SecretSpec.from_inputs(given)).login("a")
    assert login.address == "/shop?host=db.example&sslmode=verify-full"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60))
def test_a_published_url_parses_in_urllib_libpq_and_sqlalchemy_whatever_the_value_has(value: str) -> None:
    """Values of ours need no quoting; an adapter's or an admin's may have any character."""
    url = with_login("postgresql://db.example:5432/shop", "app_b", value)
    by_urllib, by_libpq, by_sqlalchemy = urlsplit(url), conninfo_to_dict(url), make_url(url)
    assert unquote(by_urllib.password or "") == by_libpq["password"] == by_sqlalchemy.password == value
    assert by_urllib.username == by_libpq["user"] == by_sqlalchemy.username == "app_b"
    assert by_urllib.hostname == by_libpq["host"] == by_sqlalchemy.host == "db.example"
    assert by_urllib.path[1:] == by_libpq["dbname"] == by_sqlalchemy.database == "shop"


def test_what_is_published_is_taken_apart_alike_by_every_client() -> None:
    """Of the alphabet of values none needs quoting, wherever it stands."""
    value = "-_" + string.ascii_letters + string.digits
    given = {"label": "l", "name": "n", "kind": "postgres", "group": "app", "server": "postgresql://[2001:db8::1]/shop"}
    url = open_kind(SecretSpec.from_inputs(given)).login("b").url(value)
    by_urllib, by_libpq, by_sqlalchemy = urlsplit(url), conninfo_to_dict(url), make_url(url)
    assert (by_urllib.username, by_urllib.password, by_urllib.hostname) == ("app_b", value, "2001:db8::1")
    assert [by_libpq[key] for key in ("user", "password", "host", "dbname")] == ["app_b", value, "2001:db8::1", "shop"]
    assert (by_sqlalchemy.username, by_sqlalchemy.password, by_sqlalchemy.host) == ("app_b", value, "2001:db8::1")
    assert shlex.split(url) == [url]

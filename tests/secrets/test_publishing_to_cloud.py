"""A secret that is published to an environment in Pulumi Cloud: put, read back, kept from lost edits, taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sophia_infra.esc import Environment, EscError
from sophia_infra.secrets.events import Ask, SecretWish
from sophia_infra.secrets.lifecycle_resource import SecretLifecycleProvider
from tests.secrets.stack import LABEL, RefusedError, Stack
from tests.support.esc_server import EscServer, Fault, Reply, logged_in

TEXT = "# of production\nvalues:\n  db: none yet # rotates\n  replicas: 3\n"


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EscServer]:
    monkeypatch.setenv("SOPHIA_ENVIRONMENTS", "cloud")
    with logged_in(tmp_path / "pulumi", monkeypatch) as found:
        found.put("shop/prod", TEXT)
        yield found


@pytest.fixture
def stack(cloud: EscServer) -> Stack:
    """A password that is published, of which the next one is staged."""
    made = Stack(kind="password", publish={"esc": "shop/prod:db"})
    made.up()
    made.journal.write(LABEL, SecretWish(Ask.ROTATE, 1, "a person"))
    made.up()
    return made


def held() -> tuple[str, bool]:
    value = Environment.open("shop/prod").value("db")
    return str(value.content), value.secret


def test_it_is_put_and_taken_away_and_nothing_else_is_touched(stack: Stack, cloud: EscServer) -> None:
    assert held() == (stack.current[1], True)
    assert stack.up()["phase"] == "adopting"
    assert held() == (stack.current[1], True)
    assert "# rotates\n  replicas: 3\n" in cloud.plain("shop/prod")
    stored = stack.stored["lifecycle"]
    SecretLifecycleProvider().delete(stored["id"], stored)
    assert held() == ("", True)
    assert "# rotates\n  replicas: 3\n" in cloud.plain("shop/prod")


def test_an_edit_between_read_and_write_is_kept_and_the_next_run_goes_on(stack: Stack, cloud: EscServer) -> None:
    first = stack.current[1]
    edited = cloud.plain("shop/prod").replace("replicas: 3", "replicas: 4")
    cloud.faults.append(Fault("PATCH ", deed=lambda: cloud.put("shop/prod", edited)))
    with pytest.raises(EscError) as refused:
        stack.up()
    assert refused.value.code == "esc-moved"
    assert (stack.current[1], held()) == (first, (first, True))
    assert stack.up()["phase"] == "adopting"
    assert held() == (stack.current[1], True)
    assert "replicas: 4" in cloud.plain("shop/prod")


@pytest.mark.parametrize("path", ["db.password", "replicas.of", "called.db", "list[3]"])
def test_a_path_that_takes_no_value_is_told_before_a_login_is_staged(
    stack: Stack, cloud: EscServer, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    cloud.put("shop/prod", f"{cloud.plain('shop/prod')}  called: {{fn::toJSON: {{a: 1}}}}\n  list: [1]\n")
    before = cloud.plain("shop/prod")
    other = Stack(kind="password", group="other", publish={"esc": f"shop/prod:{path}"})
    del other.args["group"]
    other.args["label"] = "demo/test/other"
    with pytest.raises(RefusedError, match="the advice is to block"):
        other.up()
    assert "error secret-unpublishable" in capsys.readouterr().err
    assert cloud.plain("shop/prod") == before


@pytest.mark.parametrize("status", [0, 403, 500])
def test_a_cloud_that_fails_leaves_what_was_there_and_shows_no_value(
    stack: Stack, cloud: EscServer, status: int
) -> None:
    first = stack.current[1]
    cloud.faults += [Fault("PATCH ", Reply(status))] * 9  # it is tried again
    with pytest.raises(EscError) as refused:
        stack.up()
    cloud.faults.clear()
    assert not any(str(stack.stored[slot]["value"]) in str(refused.value) for slot in ("a", "b"))
    assert (stack.current[1], held()) == (first, (first, True))
    assert stack.up()["phase"] == "adopting"

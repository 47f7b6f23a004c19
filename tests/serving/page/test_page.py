"""`sophia chat --web`: who is let in, what is told when, and that the page says how to approve and does not."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from sophia_infra.agent.chat import Session
from sophia_infra.agent.execution import RunError, State, decline
from sophia_infra.agent.operations import SetRecords
from sophia_infra.agent.sophia import SophiaInfrastructureAgent
from sophia_infra.agent.strategies import Stage, Strategy
from sophia_infra.agent.strategies.model import Plan
from sophia_infra.serving.http import listen
from sophia_infra.serving.page import talk
from sophia_infra.serving.page.app import Page
from sophia_infra.serving.page.talk import Talk
from tests.agent.execution.proposals import SET, proposed
from tests.serving.mcp.served import Shop
from tests.support.browser import PROGRAM, browser
from tests.support.workspace import REPO, wait_until

PLAN = "0a1b2c3d"
TOKEN = "once-0123456789"
HOSTILE = "<img src=x onerror=alert(1)>"
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(13, 17, 23)"


class Planned(SophiaInfrastructureAgent):
    """An agent whose plans need no engine."""

    def plan(self, what: Any, checks: Any = ()) -> tuple[Strategy, ...]:
        self.tell("previewing")
        run = proposed(self.runs, f"{PLAN}01")
        change = SetRecords("shop.example", "www", "A", ("192.0.2.2",))
        stage = Stage("at once", (change,), diff=f"-www IN A 192.0.2.1\n+www IN A 192.0.2.2 ; {HOSTILE}", run=run.id)
        found = Strategy(PLAN, 1, f"at once {HOSTILE}", (stage,), "approve", "low")
        self.runs.journal.write(PLAN, Plan(self.stack, "point www", (found,)))
        return (found,)


@dataclass
class Served:
    """A page that is served: the address that lets a browser in, and what it is about."""

    address: str
    shop: Shop

    def client(self, **headers: str) -> httpx2.Client:
        return httpx2.Client(base_url=self.address.partition("/?")[0], headers=headers, timeout=30)

    @contextmanager
    def let_in(self) -> Iterator[tuple[httpx2.Client, str, str]]:
        """A client with the cookie, where its page is, and the token of its requests."""
        with self.client() as client:
            entered = client.get(self.address)
            assert entered.status_code == 303
            place = entered.headers["location"]
            csrf = client.get(place).text.partition('name="csrf" content="')[2].partition('"')[0]
            yield client, place, csrf


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    shop = Shop(tmp_path)
    known = shop.opened("dev")
    agent = type("Known", (Planned,), {"inventory": shop.inventory})(known.stack, known.places, known.runs)
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        app = Page(Talk(agent, Session.of(agent.stack)), port, TOKEN).app
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            wait_until(lambda: server.started, "a server that has started")
            yield Served(f"http://127.0.0.1:{port}/?token={TOKEN}", shop)
        finally:
            server.should_exit = True
            thread.join()


def heard(client: httpx2.Client, place: str, most: int, last: str = "") -> list[tuple[int, str, dict[str, Any]]]:
    """The next events, each with its number and name."""
    with client.stream("GET", f"{place}events", headers={"last-event-id": last} if last else {}) as stream:
        lines = (line for line in stream.iter_lines() if line)
        told = (line.partition(": ")[2] for line in islice(lines, 3 * most))
        return [(int(number), name, json.loads(data)) for number, name, data in zip(told, told, told, strict=True)]


def test_the_address_lets_one_browser_in_once(served: Served) -> None:
    with served.client() as stranger:
        assert stranger.get("/").status_code == 403
        assert stranger.get("/?token=guess").status_code == 403
        assert stranger.head(served.address).status_code == 405  # a preview of the link uses nothing up
    with served.let_in() as (client, place, _):
        assert client.get(place).status_code == 200
        with served.client() as second:
            for address in (served.address, "/", "/?token="):  # the token that was used is none
                assert second.get(address).status_code == 403
            assert {second.get(f"{place}{name}").status_code for name in ("", "events")} == {403}
            assert second.post(f"{place}say", json={"text": "hello"}).status_code == 403


def test_a_cookie_is_for_the_page_alone_and_no_script_reads_it(served: Served) -> None:
    with served.client() as client:
        entered = client.get(served.address)
    cookie = entered.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", f"path={entered.headers['location'].lower()}"))
    assert len(entered.headers["location"]) > 30


def test_another_host_or_origin_is_refused(served: Served) -> None:
    with served.let_in() as (client, place, csrf):
        for name, value, status in (("host", "evil.example", 421), ("origin", "http://evil.example", 403)):
            for path in ("/", place, f"{place}events"):
                assert client.get(path, headers={name: value}).status_code == status
            given = {name: value, "x-csrf": csrf}
            assert client.post(f"{place}say", json={"text": "hello"}, headers=given).status_code == status


def test_only_the_page_says_something(served: Served) -> None:
    with served.let_in() as (client, place, csrf):
        assert client.post(f"{place}say", json={"text": "hello"}).status_code == 403
        assert client.post(f"{place}say", json={"text": "hello"}, headers={"x-csrf": "guess"}).status_code == 403
        for body in (b"", b"{", b"[]", b'{"text": 1}', b'{"text": " "}', b'{"text": "' + b"x" * 100_000 + b'"}'):
            assert client.post(f"{place}say", content=body, headers={"x-csrf": csrf}).status_code == 400
        own = {"x-csrf": csrf, "origin": served.address.partition("/?")[0]}  # as a browser has it
        assert client.post(f"{place}say", json={"text": "who changed www?"}, headers=own).status_code == 202


def test_nothing_is_loaded_or_run_but_what_is_in_the_page(served: Served) -> None:
    with served.let_in() as (client, place, _):
        found = client.get(place)
    policy = found.headers["content-security-policy"]
    assert all(word in policy for word in ("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'"))
    assert "unsafe" not in policy
    for element in ("script", "style"):
        inside = found.text.partition(f"<{element}>")[2].partition(f"</{element}>")[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}';" in policy
    assert "http" not in found.text.replace("http-equiv", "")
    assert found.headers["cache-control"] == "no-store"


def test_who_was_away_is_told_what_was_missed_and_nothing_twice(served: Served) -> None:
    with served.let_in() as (client, place, csrf):
        client.post(f"{place}say", json={"text": "what does www2 point to?"}, headers={"x-csrf": csrf})
        whole = heard(client, place, 5)
        assert [number for number, _, _ in whole] == [1, 2, 3, 4, 5]
        reply = next(data for _, name, data in whole if name == "reply")
        assert "192.0.2.12" in " ".join(reply["lines"])
        assert heard(client, place, 3, "2") == whole[2:]


def test_what_is_said_meanwhile_has_to_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    planned = (Strategy("0123abcd", 1, "at once", ()),)
    monkeypatch.setattr(Planned, "plan", lambda *_: held.wait(30) and planned)
    with served.let_in() as (client, place, csrf):
        say = [
            client.post(f"{place}say", json={"text": f"delete {name}"}, headers={"x-csrf": csrf})
            for name in ("www", "old")
        ]
        held.set()
    assert [answer.status_code for answer in say] == [202, 409]


@pytest.mark.parametrize("error", [RunError("a limit"), ZeroDivisionError()])
def test_what_fails_is_told_and_the_conversation_goes_on(
    served: Served, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(Planned, "plan", fail)
    with served.let_in() as (client, place, csrf):
        client.post(f"{place}say", json={"text": "delete www"}, headers={"x-csrf": csrf})
        told = {name: data for _, name, data in heard(client, place, 5)}
    assert (told["failed"]["lines"][0].startswith(("a limit", "this failed")), told["ready"]) == (True, {"ready": True})


def test_a_picture_that_can_not_be_drawn_says_so_and_the_next_one_is(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served.let_in() as (client, place, _):
        with monkeypatch.context() as broken:
            broken.setattr(talk, "of_run", lambda _: 1 / 0)
            run = proposed(served.shop.runs)
            wait_until(lambda: heard(client, place, 1)[0][2].get("problem") == "ZeroDivisionError", "a problem")
        wait_until(lambda: [each["id"] for each in heard(client, place, 1)[0][2]["runs"]] == [run.id], "a picture")


def test_a_long_run_cuts_no_other(served: Served) -> None:
    operations = tuple({**SET, "owner": f"{'x' * 50}{at}"} for at in range(200))
    proposed(served.shop.runs, "00000001", operations=operations)
    proposed(served.shop.runs, "00000002")
    with served.let_in() as (client, place, _):
        wait_until(lambda: len(heard(client, place, 1)[0][2]["runs"]) == 2, "a picture of both")
        short, long = heard(client, place, 1)[0][2]["runs"]
    assert ("left_out" in short, "left_out" in long, len(short["operations"])) == (False, True, 1)


@pytest.mark.skipif(not PROGRAM, reason="no chromium here: python -m engine.debian")
def test_a_change_is_talked_through_by_keyboard_alone_and_the_page_approves_nothing(
    served: Served, tmp_path: Path
) -> None:
    with browser(tmp_path / "profile") as page:
        page.call("Page.navigate", url=served.address)
        page.wait("document.querySelector('#link')?.textContent === 'connected'")
        page.wait("document.activeElement.id === 'text'")
        for words in ("point www at 192.0.2.2", "request"):
            page.wait("!document.querySelector('#text').disabled")
            page.call("Input.insertText", text=words)
            page.press("Enter", 13, "\r")
            page.wait("document.querySelector('#text').value === ''")
        page.wait("document.querySelector('article.waiting .now')?.textContent === 'waiting'")
        page.wait("document.activeElement.id === 'text'")
        (run,) = served.shop.runs.of_stack("shop/dev")
        assert (
            page.look("document.querySelector('article.waiting code').textContent") == f"sophia agent approve {run.id}"
        )
        assert page.look("[...document.querySelectorAll('button')].map(each => each.textContent)") == ["Send"]
        assert HOSTILE in page.look("document.querySelector('#picture').textContent")
        assert page.look("document.images.length") == 0
        stops = "[...document.querySelectorAll('summary, textarea, button, [tabindex]')]"
        assert page.look(f"{stops}.every(each => (each.focus(), document.activeElement === each))")
        page.look("document.querySelectorAll('details').forEach(each => each.open = true)")
        for dark, background in ((False, LIGHT), (True, DARK)):
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            page.call("Emulation.setEmulatedMedia", features=[scheme])
            for width, height in ((1280, 800), (390, 844)):
                page.call(
                    "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
                )
                assert page.look("document.documentElement.scrollWidth") <= width
                assert page.look("getComputedStyle(document.body).backgroundColor") == background
                seen = "document.querySelector('#text').getBoundingClientRect().bottom <= innerHeight"
                assert page.look(f"{seen} && document.querySelector('#talk').clientHeight > 100")
                page.shoot(tmp_path / f"{'dark' if dark else 'light'}-{width}.png")
        assert served.shop.runs.at(run.id).state is State.WAITING
        page.look("[...document.querySelectorAll('summary')].at(-1).focus()")
        decline(served.shop.runs, run, "not now")
        page.wait("!!document.querySelector('article.declined')")
        assert page.look("[...document.querySelectorAll('details')].every(each => each.open)")
        assert page.look("document.activeElement === [...document.querySelectorAll('summary')].at(-1)")
        assert page.complaints == []


def test_the_command_prints_the_address_and_ends_by_ctrl_c_in_the_middle_of_a_reply(served: Served) -> None:
    words = [sys.executable, "-m", "sophia_infra", "chat", "--web", "--stack", "dev"]
    program = served.shop.folder / "bin" / "pulumi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n: > asked\nexec sleep 600\n")
    program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    environment = os.environ | {"PYTHONPATH": str(REPO / "components"), "PATH": path}
    folder = served.shop.folder
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment, cwd=folder, text=True) as command:
        assert command.stderr
        address = command.stderr.readline().partition("open ")[2].partition(" ")[0]
        with Served(address, served.shop).let_in() as (client, place, csrf):
            client.post(f"{place}say", json={"text": "what does www point to?"}, headers={"x-csrf": csrf})
        wait_until((folder / "asked").exists, "an engine that is asked")
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 130
        assert "what an engine has begun goes on" in command.stderr.read()

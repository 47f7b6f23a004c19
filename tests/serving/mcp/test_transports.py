"""The server as its clients start it or reach it: over standard input and output, and over HTTP."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from mcp import StdioServerParameters, stdio_client

from sophia_infra import installation
from sophia_infra.serving.http import ServerError
from sophia_infra.serving.mcp import serve_http, serve_stdio
from tests.agent.execution.proposals import proposed
from tests.cli.conftest import spawn
from tests.serving.mcp.served import Era, Shop, serving, structured, talk
from tests.support.workspace import REPO

ERAS: tuple[Era, ...] = ("auto", "legacy")
TOKEN = "canary-" + "t" * 32


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    return Shop(tmp_path)


@pytest.mark.parametrize("era", ERAS)
def test_a_client_over_http_is_told_of_a_run(shop: Shop, era: Era) -> None:
    run = proposed(shop.runs)
    with serving(shop) as address:
        found = talk(address, lambda client: client.call_tool("status", {}), era)
    assert structured(found)["id"] == run.id


@pytest.mark.parametrize("era", ERAS)
def test_a_client_over_stdio_is_told_of_a_run(shop: Shop, era: Era) -> None:
    run = proposed(shop.runs)
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    words = ["-m", "sophia_infra", "mcp", "-C", str(shop.folder), "--stack", "dev"]
    server = StdioServerParameters(command=sys.executable, args=words, env=environment, cwd="/")
    found = talk(stdio_client(server), lambda client: client.call_tool("status", {"stack": "shop/dev"}), era)
    assert structured(found)["id"] == run.id


def test_another_host_or_origin_is_refused_and_an_allowed_one_is_not(shop: Shop) -> None:
    with serving(shop, "mcp.shop.example") as address:
        for name, value, status in (
            ("host", "evil.example", 421),
            ("host", "127.0.0.1.evil.example", 421),
            ("origin", "http://evil.example", 403),
            ("origin", "http://mcp.shop.example.evil.example", 403),
            ("host", "mcp.shop.example", 200),
            ("host", "mcp.shop.example:8765", 200),
            ("origin", "https://mcp.shop.example", 200),
        ):
            assert asked(address, {name: value}) == status, (name, value)


def test_with_a_token_no_request_without_it_is_answered(shop: Shop) -> None:
    with serving(shop, token=TOKEN) as address:
        for given, status in (("", 401), ("Bearer x", 401), (f"bearer {TOKEN}", 401), (f"Bearer {TOKEN}", 200)):
            assert asked(address, {"authorization": given}) == status, given


def asked(address: str, headers: dict[str, str]) -> int:
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    accept = {"accept": "application/json, text/event-stream"}
    return httpx2.post(address, json=body, headers=accept | headers).status_code


@pytest.mark.parametrize(
    ("hosts", "token"), [((), ""), ((), TOKEN), (("mcp.shop.example",), ""), (("mcp.shop.example",), "short")]
)
def test_what_others_reach_needs_a_name_and_a_token(shop: Shop, hosts: tuple[str, ...], token: str) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "mcp.shop.example"):  # noqa: S104  nothing listens
        with pytest.raises(ServerError) as refused:
            serve_http(shop.stacks, host, 0, hosts, token, pytest.fail)
        assert (refused.value.code, refused.value.value) == ("open-to-others", host)
    with pytest.raises(ServerError):
        serve_http(shop.stacks, "127.0.0.1", 0, ["mcp.shop.example"], "", pytest.fail)  # a proxy stands before it


def test_without_the_extra_the_error_has_the_line_that_installs_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ServerError) as refused:
        serve_stdio(shop.stacks)
    assert refused.value.code == "no-server"
    assert installation.command("mcp") in str(refused.value)


@pytest.mark.parametrize("code", [0, -signal.SIGINT])
def test_on_a_terminal_it_says_that_it_waits_and_ends_when_told(shop: Shop, code: int) -> None:
    ours, theirs = os.openpty()
    environment = os.environ | {"PYTHONPATH": str(REPO / "components")}
    words = [sys.executable, "-m", "sophia_infra", "mcp", "--stack", "dev"]
    with subprocess.Popen(words, stdin=theirs, stderr=subprocess.PIPE, env=environment, cwd=shop.folder) as server:
        assert server.stderr
        assert b"waiting for a client on stdin" in server.stderr.readline()
        if code:
            server.send_signal(signal.SIGINT)
        else:
            os.write(ours, b"\x04")  # Ctrl-D
        assert server.wait(60) == code
        assert server.stderr.read() == b""
    os.close(theirs)
    os.close(ours)


def test_an_address_or_a_stack_that_can_not_be_is_told(shop: Shop) -> None:
    assert spawn("mcp", "--http", "evil").code == 2
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = spawn("mcp", "--stack", "dev", "--http", str(taken.getsockname()[1]))
    assert (ran.code, "in use" in ran.err) == (2, True)

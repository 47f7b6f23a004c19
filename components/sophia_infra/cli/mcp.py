"""`sophia mcp`: the agent for other people's assistants, by the Model Context Protocol."""

import os
import signal
import sys

import click

from sophia_infra.cli.command import Command, Parsed
from sophia_infra.cli.terminal import complain

TOKEN = "SOPHIA_MCP_TOKEN"  # noqa: S105  the name of a variable


def token() -> str:
    """Return the token that clients send, empty for none; CredentialError where the variable refers to none."""
    from sophia_infra.credentials import fetch

    return fetch(TOKEN, os.environ.get)


def _address(text: str) -> tuple[str, int]:
    """`8765` or `0.0.0.0:8765` as host and port; ValueError for anything else."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{text!r} is not [HOST:]PORT, such as 8765")
    return host.strip("[]") or "127.0.0.1", int(port)


@click.command(cls=Command)
@click.option("-C", "--cwd", "folder", metavar="FOLDER", help="The project's folder; default: the current one.")
@click.option("--stack", "stacks", metavar="STACK", multiple=True, help="A stack that is served; may be repeated.")
@click.option("--journal", type=click.Path(readable=False), metavar="PATH", help="The journal; default the stack's.")
@click.option("--http", "address", metavar="[HOST:]PORT", type=Parsed(_address), help="Serve by HTTP, at /mcp.")
@click.option("--allowed-host", "hosts", metavar="NAME", multiple=True, help="A name by which clients reach it.")
def mcp(
    stacks: tuple[str, ...],
    journal: str | None,
    address: tuple[str, int] | None,
    hosts: tuple[str, ...],
    folder: str | None,
) -> int:
    """Serve the agent to an assistant (MCP): on stdin and stdout, or by HTTP. No tool of it approves anything.

    Without --stack it serves the stack that is selected here. HTTP is for this machine. A HOST that others reach needs
    --allowed-host, and a token in $SOPHIA_MCP_TOKEN that clients send as `Authorization: Bearer`.

    exit codes: 0 the client is gone, 2 it can't be started

    examples:
      sophia mcp -C ~/shop --stack prod
      sophia mcp --stack dev --stack prod --http 8765
    """
    from sophia_infra.serving.mcp import Stacks, serve_http, serve_stdio

    if folder:
        os.chdir(folder)
    served = Stacks.named(stacks, journal)
    named = ", ".join(served.names)
    if address is None:
        # The library waits for a line even after Ctrl-C. Nothing is lost by a kill: runs go on from the journal.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if sys.stdin.isatty():
            complain(f"serving {named}; waiting for a client on stdin (docs/mcp.md has how clients start it)")
        serve_stdio(served)
    else:
        serve_http(served, *address, hosts, token(), lambda url: complain(f"serving {named} at {url}"))
    return 0

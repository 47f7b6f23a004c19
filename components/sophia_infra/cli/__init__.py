"""The `sophia` command: thin, all it does is callable as a library. docs/cli.md is its reference."""

import io
import sys
from collections.abc import Sequence

import click

from sophia_infra import trail
from sophia_infra.cli.account import account
from sophia_infra.cli.advice import advice
from sophia_infra.cli.agent import agent
from sophia_infra.cli.approval import approve, raise_, reject
from sophia_infra.cli.audit import audit
from sophia_infra.cli.cert import cert
from sophia_infra.cli.chat import chat
from sophia_infra.cli.command import UNREADABLE, Group
from sophia_infra.cli.completion import completion
from sophia_infra.cli.dns import dns
from sophia_infra.cli.doctor import doctor
from sophia_infra.cli.esc import esc
from sophia_infra.cli.esc_config import config
from sophia_infra.cli.esc_sync import diff, edit, pull, push
from sophia_infra.cli.explanation import explain
from sophia_infra.cli.init import init
from sophia_infra.cli.mcp import mcp
from sophia_infra.cli.report import report
from sophia_infra.cli.revoke import revoke
from sophia_infra.cli.secrets import secrets
from sophia_infra.cli.terminal import complain
from sophia_infra.cli.usage import usage
from sophia_infra.cli.zone import lint, zone
from sophia_infra.version import VERSION

INTERRUPTED = 130


@click.version_option(VERSION, message="sophia %(version)s")
@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def sophia() -> None:
    """DNS zones and certificates, weighed before they change."""


for command in (explain, approve, reject, raise_, usage):
    advice.add_command(command)
for command in (account, revoke):
    cert.add_command(command)
for command in (config, diff, push, pull, edit):
    esc.add_command(command)
for group in (zone, dns, cert, esc, secrets, advice, audit, agent):
    sophia.add_command(group)
sophia.add_command(lint)
sophia.add_command(chat)
sophia.add_command(report)
sophia.add_command(doctor)
sophia.add_command(init)
sophia.add_command(mcp)
sophia.add_command(completion)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 fine, 1 found something, 2 unreadable or wrong usage."""
    trail.switch_on()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # A pattern such as '*' is meant for the zone: the names of files here are none of its business.
        code: int = sophia.main(argv, "sophia", standalone_mode=False, windows_expand_args=False)
    except click.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        return _misused(error)
    return code


def _misused(error: click.UsageError) -> int:
    usage = error.ctx.get_usage() if error.ctx else ""
    complain(error.format_message(), usage[:1].lower() + usage[1:])
    return UNREADABLE

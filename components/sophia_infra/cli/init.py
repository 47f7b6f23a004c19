"""`sophia init`: a stack to start from."""

from pathlib import Path

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.moving_in import FORMAT, imported_from
from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import BOLD, GREEN, complain, print_json, say


@click.command(cls=Command)
@click.argument("folder", metavar="[DIR]", type=click.Path(readable=False), default=".")
@click.option("--domain", metavar="NAME", help="The zone's name (default: the only zone in FILE, else shop.example).")
@click.option("--from", "file", type=FILE, metavar="FILE", help="A zone that exists, as `sophia zone import` reads it.")
@click.option("--format", "chosen", type=FORMAT, help="The format of FILE; found out if left out.")
@options.as_json
def init(folder: str, domain: str | None, file: str | None, chosen: str | None, as_json: bool) -> int:
    """A stack to start from: a zone's master file, a program, the policy pack, and a workflow for CI.

    Nothing that exists is written over. With --from, - is standard input.

    exit codes: 0 written, 2 wrong usage, some of the files exist, or FILE is unreadable

    examples:
      sophia init dns --domain shop.example
      sophia init dns --domain shop.example --from db.shop.example
      terraform show -json | sophia init dns --domain shop.example --from -
    """
    from sophia_infra.dns.reader import zone_name
    from sophia_infra.installation import is_local, requirement
    from sophia_infra.starter import Stack, next_steps, place
    from sophia_infra.starter.stack import EXAMPLE, EXTRAS

    picked, zone = imported_from(file, domain, chosen) if file else (EXAMPLE if domain is None else domain, "")
    stack = Stack(zone_name(picked), requirement(*EXTRAS), zone)
    files = stack.files()
    place(files, Path(folder))
    if is_local(stack.requirement):
        complain("requirements.txt names sophia-infra by a folder of this machine; CI needs an address it can reach")
    if as_json:
        print_json(folder=folder, domain=stack.domain, files=sorted(files), next=next_steps())
        return 0
    say(f"{folder}: a stack for the zone {stack.domain}, {len(files)} files", GREEN)
    say("next, in that folder:", BOLD)
    for step in next_steps():
        say(f"  {step}")
    return 0

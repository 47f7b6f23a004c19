"""`sophia secrets list|show|rotate|abort|confirm|history`: those that rotate, by the journal, and others; no value."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Group
from sophia_infra.cli.terminal import YELLOW, UsageError, print_json, say

if TYPE_CHECKING:
    from sophia_infra.cli.other_secrets import Other
    from sophia_infra.journal import Journal
    from sophia_infra.secrets.events import Ask
    from sophia_infra.secrets.inventory import Known

_name = click.argument("name", metavar="NAME")
_stack = click.option(
    "--stack",
    type=click.Path(readable=False),
    metavar="FILE",
    help="The stack's file, Pulumi.dev.yaml, for references.",
)
_why = click.option("--why", metavar="TEXT", default="", help="Why, for the journal.")


@click.group(cls=Group)
def secrets() -> None:
    """Look at secrets that rotate, and ask for the next rotation, or for the end of one."""


@secrets.command("list")
@_stack
@options.journal
@options.as_json
def list_(stack: str | None, journal: "Journal", as_json: bool) -> int:
    """The secrets that the journal knows: phase, generation, since when, and the next step. Then the keys of
    certificates, the journal's own credentials, and the references in settings: where each is kept, and what is next.

    exit codes: 0 done, 2 the journal is not readable

    examples:
      sophia secrets list
      sophia secrets list --stack Pulumi.prod.yaml --json
    """
    from sophia_infra.codec import encode
    from sophia_infra.secrets.inventory import known

    found, rest = known(journal), _others(journal, stack)
    if as_json:
        print_json(secrets=encode(found), others=encode(rest))
        return 0
    for each in found:
        say(each.line)
    if not found:
        say("the journal knows no secret that rotates")
    for other in rest:
        _show_other(other)
    return 0


@secrets.command()
@_name
@_stack
@options.journal
@options.as_json
def show(name: str, stack: str | None, journal: "Journal", as_json: bool) -> int:
    """One secret: where its rotation stands, who was seen with the login in use, and what is asked of it. NAME may be
    any that `list` shows.

    exit codes: 0 done, 2 no such secret, or the journal is not readable

    examples:
      sophia secrets show app-db
      sophia secrets show shop/prod/app-db --json
      sophia secrets show sophia:cloudflareToken --stack Pulumi.prod.yaml
    """
    from sophia_infra.codec import encode
    from sophia_infra.secrets.inventory import pick
    from sophia_infra.secrets.kinds import SecretError

    try:
        found = pick(journal, name)
    except SecretError:
        other = next((each for each in _others(journal, stack) if each.name == name), None)
        if not other:
            raise
        if as_json:
            print_json(**encode(other))
        else:
            _show_other(other)
        return 0
    if as_json:
        print_json(**encode(found))
        return 0
    say(f"{found.name}  {found.phase} since {found.since[:19]}: {found.next}")
    say(f"  label {found.label}, generation {found.published} since {found.issued[:19]}, newest {found.generation}")
    say(f"  seen with it: {', '.join(found.consumers) or 'nobody yet'}")
    for asked in found.asked:
        say(f"  asked: {asked}, for the next `pulumi up`", YELLOW)
    return 0


@secrets.command()
@_name
@_why
@click.option("--override", "broken", metavar="NAME", multiple=True, help="In an emergency: who may break.")
@click.option("--until", metavar="DATE", help="Until when the override holds: a day, or a time with an offset.")
@options.journal
@options.as_json
def rotate(name: str, why: str, broken: tuple[str, ...], until: str | None, journal: "Journal", as_json: bool) -> int:
    """Have the next `pulumi up` begin a rotation, whatever the age. One that is under way is gone on with first.

    With --override the login of before is ended without a soak, though the consumers, addresses or instances that are
    named still use it, or can't be seen. NAME may be the secret itself, for what no one of them stands for. The
    preview lists whom that breaks; who is not named still blocks. It needs --until and --why.

    exit codes: 0 noted, 2 no such secret, an override that says too little, or the journal can't be written

    examples:
      sophia secrets rotate app-db --why 'it was in a log'
      sophia secrets rotate app-db --override reports --until 2026-12-02 --why 'it was in a public log'
    """
    from sophia_infra.secrets.events import Ask

    return _ask(name, Ask.ROTATE, why, journal, as_json, (broken, until))


@secrets.command()
@_name
@_why
@options.journal
@options.as_json
def abort(name: str, why: str, journal: "Journal", as_json: bool) -> int:
    """Have the next `pulumi up` publish the login of before again; the new one is ended once nobody uses it.

    exit codes: 0 noted, 2 no such secret, none that can be aborted, or the journal can't be written

    examples:
      sophia secrets abort app-db --why 'reports can not log in'
    """
    from sophia_infra.secrets.events import Ask

    return _ask(name, Ask.ABORT, why, journal, as_json)


@secrets.command()
@_name
@options.journal
@options.as_json
def history(name: str, journal: "Journal", as_json: bool) -> int:
    """What happened to a secret, newest first.

    exit codes: 0 done, 2 no such secret, or the journal is not readable

    examples:
      sophia secrets history app-db
      sophia secrets history app-db --json
    """
    from sophia_infra.secrets.inventory import history as events
    from sophia_infra.secrets.inventory import pick

    found = events(journal, pick(journal, name).label)
    if as_json:
        print_json(events=found)
        return 0
    for event in found:
        say(f"{event['time'][:19]}  generation {event['generation']}  {event['what']} {event['consumer']}".rstrip())
    return 0


@secrets.command()
@_name
@click.argument("consumer", metavar="CONSUMER")
@_why
@options.journal
@options.as_json
def confirm(name: str, consumer: str, why: str, journal: "Journal", as_json: bool) -> int:
    """Say that a consumer has the published login, where no server can show it. Time never does.

    exit codes: 0 noted, 2 no such secret, none whose consumers move, or the journal can't be written

    examples:
      sophia secrets confirm hook-key shop --why 'restarted, and its calls are taken'
    """
    from sophia_infra.advice.approval import user
    from sophia_infra.secrets import inventory

    found = inventory.pick(journal, name)
    inventory.confirm(journal, found, consumer, user(), why)
    if as_json:
        print_json(name=found.name, label=found.label, generation=found.published, asked="confirm")
    else:
        say(f"{found.name}: noted that {consumer} has generation {found.published}")
    return 0


def _others(journal: "Journal", stack: str | None) -> "list[Other]":
    from sophia_infra.cli.other_secrets import others
    from sophia_infra.doctor.stack import Stack

    found = Stack.read(Path(stack) if stack else None)
    if fault := found.fault or found.project_fault:
        raise UsageError(f"the settings of {stack or 'the project here'} can't be read: {fault}", field="--stack")
    return others(journal, found)


def _show_other(other: "Other") -> None:
    since = f" since {other.since[:19]}" if other.since else ""
    say(f"{other.name}  of {other.of}{since}, in {other.source}: {other.next}")


def _ask(
    name: str,
    what: "Ask",
    why: str,
    journal: "Journal",
    as_json: bool,
    override: tuple[tuple[str, ...], str | None] = ((), None),
) -> int:
    from sophia_infra import clock
    from sophia_infra.advice.approval import user
    from sophia_infra.changes.overrides import OverrideError, until_of, why_of
    from sophia_infra.secrets.events import SecretWish
    from sophia_infra.secrets.inventory import ask, pick
    from sophia_infra.values import Value

    found: Known = pick(journal, name)
    broken, day = override
    until = None
    if broken or day:
        Value("--override", list(broken), OverrideError).items("name who may break", least=1)
        until = until_of(Value("--until", day, OverrideError), clock.now())
        why = why_of(Value("--why", why, OverrideError))
    ask(journal, found, SecretWish(what, found.generation, user(), why, broken, until))
    if as_json:
        print_json(name=found.name, label=found.label, generation=found.generation, asked=str(what))
        return 0
    say(f"{found.name}: noted, for the next `pulumi up`: {what} generation {found.generation}")
    if broken:
        say(f"  {', '.join(broken)} may break; seen with it: {', '.join(found.consumers) or 'nobody yet'}", YELLOW)
        say("  `pulumi preview` lists whom each step breaks, before it is taken")
    return 0

"""`sophia chat`: talking with the agent on a terminal, or one sentence from a script."""

import sys
from typing import TYPE_CHECKING

import click

from sophia_infra.cli.agent.decisions import decided
from sophia_infra.cli.agent.opened import DONE, REFUSED, RunCommand, of_agent
from sophia_infra.cli.agent.runs import exit_code
from sophia_infra.cli.terminal import GREEN, RED, UsageError, complain, print_json, say
from sophia_infra.errors import SophiaError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

    from sophia_infra.agent.chat import Chat, Reply
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent as Agent


@click.command(cls=RunCommand)
@click.option("-p", "--print", "text", metavar="TEXT", help="Say this, print the reply and end; nobody is asked.")
@click.option("--continue", "goes_on", is_flag=True, help="Go on with the last session of the stack.")
@click.option("--web", "on_page", is_flag=True, help="Talk on a page in a browser of this machine.")
@of_agent
def chat(text: str | None, goes_on: bool, on_page: bool, agent: "Agent", as_json: bool) -> int:
    """Talk with the agent: a question is answered at once, a change is planned, and `request` asks for its approval.
    Nothing that is said approves: a person does, as with `sophia agent approve`.

    exit codes: 0 replied, 1 nothing that is clear and allowed, or it failed, 2 not readable, 3 a run waits for a
    person, 4 undecided

    examples:
      sophia chat
      sophia chat --continue --stack prod
      sophia chat --web
      sophia chat -p "which certificates expire in the next 30 days?" --json
    """
    from sophia_infra.agent.chat import Chat, Session

    session = Session.of(agent.stack, is_new=not goes_on)
    if on_page:
        from sophia_infra.serving.page import serve_page

        serve_page(agent, session, lambda address: complain(f"open {address} (Ctrl-C ends it)"))
        return DONE
    talk = Chat(agent, session, goes_on=goes_on or text is None)
    if text is None and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        return _talk(talk)
    if text is None:
        raise UsageError("there is no terminal to talk on; say it with -p TEXT", field="-p")
    reply = talk.say(text)
    if goes_on:
        talk.session.keep()
    _show(reply, as_json=as_json)
    if reply.run:
        return exit_code(reply.run)
    return DONE if reply.kind != "none" else REFUSED


def _show(reply: "Reply", *, as_json: bool = False) -> None:
    if as_json:
        print_json(kind=reply.kind, intent=reply.intent, text=reply.text, waits=reply.waits, **reply.data)
        return
    for line in reply.text.splitlines():
        say(line, {"-": RED, "+": GREEN}.get(line.lstrip()[:1], ""))


def _talk(chat: "Chat") -> int:
    """Talk until the person leaves: Ctrl-C ends a thought, Ctrl-D the session."""
    prompt = _prompt(chat)
    while True:
        try:
            line = prompt.prompt(f"{chat.agent.stack}> ")
            reply = chat.say(line) if line.strip() else None
            if reply:
                chat.session.keep()
                _show(reply)
                if reply.waits:
                    _decide(chat, reply.waits)
        except KeyboardInterrupt:
            complain("stopped; what an engine has begun goes on: /status")
        except EOFError:
            return DONE
        except (SophiaError, OSError) as error:
            complain(str(error))
        else:
            if reply and reply.ends:
                return DONE


def _decide(chat: "Chat", key: str) -> None:
    """Ask the person at the terminal, as `sophia agent approve` does; a no ends the run."""
    from sophia_infra.agent.execution import decline

    run = chat.agent.runs.at(key)
    if decided(chat.agent, run) is None:
        say(str(decline(chat.agent.runs, run, "").state), RED)


def _prompt(chat: "Chat") -> "PromptSession[str]":
    from sophia_infra import installation
    from sophia_infra.agent.chat.chat import COMMANDS

    try:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import InMemoryHistory
    except ImportError:
        told = f"to talk on a terminal needs prompt_toolkit: {installation.command('agent')}; or say it with -p TEXT"
        raise UsageError(told, field="-p") from None
    said = InMemoryHistory(list(chat.session.said))
    return PromptSession(history=said, completer=WordCompleter(list(COMMANDS), sentence=True))

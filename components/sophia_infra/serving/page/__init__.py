"""The page of `sophia chat --web`: the conversation beside the picture of plan, approval and run. docs/agent.md."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sophia_infra.reporter import STDERR
from sophia_infra.serving.http import listen, needs, serve

if TYPE_CHECKING:
    from sophia_infra.agent.chat import Session
    from sophia_infra.agent.sophia import SophiaInfrastructureAgent


def serve_page(agent: "SophiaInfrastructureAgent", session: "Session", ready: Callable[[str], None]) -> None:
    """Serve the page of one conversation on this machine's loopback until the process is interrupted.

    Args:
        agent: whom one talks with.
        session: what was said before.
        ready: is told the address, which lets one browser in, once.

    Raises:
        ServerError: the extra `mcp` is missing.
        OSError: it can't listen there.
    """
    needs("starlette")
    import secrets

    from sophia_infra.serving.page.app import Page
    from sophia_infra.serving.page.talk import Talk

    token = secrets.token_urlsafe(24)
    with listen("127.0.0.1", 0) as listening:
        port = listening.getsockname()[1]
        ready(f"http://127.0.0.1:{port}/?token={token}")
        talk = Talk(agent, session)
        try:
            serve(Page(talk, port, token).app, listening)
        finally:
            if talk.is_busy:
                STDERR.say("what an engine has begun goes on; where it stands: sophia agent status")

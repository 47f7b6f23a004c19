"""The agent itself: what it does, did and may do, and how people stop it."""

from sophia_infra.agent.operations import ApproveEdit, Operation
from sophia_infra.agent.understanding.intent import Intent, Kind, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of

_RUN = ("run",)


def _edit(wish: Wish) -> tuple[Operation, ...]:
    edits = wish.every(Of.QUOTE)
    edit = edits[0].text if len(edits) == 1 else wish.lacks('the edit by its record set in quotes, such as "@ TXT"')
    return (ApproveEdit(wish.only("run", "the advice, by its id"), edit),)


INTENTS = (
    Intent(
        "agent.status",
        Kind.READ,
        "what is going on, or how far a run is",
        "how far is 7f3a?",
        ("status", "status @run", "show status", "howfar @run", "howfar", "what you status", "what run", "show @run", "list run", "which run", "wait", "is everything ok", "is all ok", "how do", "how go"),
        _RUN,
    ),
    Intent(
        "agent.history",
        Kind.READ,
        "what was done",
        "show the history of the last 7 days",
        ("what did do", "history", "show history", "history #duration", "what last", "what is history", "list history"),
        _RUN,
        also=(Of.DURATION,),
    ),
    Intent(
        "agent.stop",
        Kind.CHANGE,
        "a run is stopped",
        "stop run 7f3a",
        ("stop", "stop @run", "stop run"),
        _RUN,
        words="run everything all you last",
    ),
    Intent(
        "agent.rollback",
        Kind.CHANGE,
        "a run's changes are taken back, and that is verified",
        "roll back 7f3a",
        ("rollback", "rollback @run", "rollback last set"),
        _RUN,
        words="run last set",
    ),
    Intent(
        "agent.approve-how",
        Kind.READ,
        "how a person approves; no sentence is an approval",
        "how do I approve 7f3a?",
        ("yes", "approve", "how approve", "howto approve", "who approve", "approve @run", "is approve"),
        _RUN,
    ),
    Intent(
        "advice.approve-edit",
        Kind.CHANGE,
        "an edit that advice proposes becomes part of the next plan",
        'approve the edit "@ TXT" of advice 7f3a',
        ("approve edit #quote", "approve edit @run", "approve edit"),
        _RUN,
        needs=True,
        takes=(Of.QUOTE,),
        words="advice",
        build=_edit,
    ),
    Intent(
        "agent.cost",
        Kind.READ,
        "what models have cost",
        "how much did that cost?",
        ("cost", "howmuch", "howmuch cost", "show cost"),
        _RUN,
        also=(Of.DURATION,),
    ),
    Intent(
        "agent.help",
        Kind.READ,
        "what is understood, or how something is asked for",
        "what can you do?",
        ("help", "what you do", "how *change", "howto *change", "howto *change @host", "help *change", "what you"),
        ("host", "certificate", "secret"),
    ),
    Intent(
        "agent.limits",
        Kind.READ,
        "what bounds the agent",
        "what are you allowed to do?",
        ("limits", "what limits", "show limits", "what allowed", "what allowed you do", "allowed you", "how limits", "what is limits"),
    ),
    Intent(
        "agent.advice",
        Kind.READ,
        "what is advised",
        "any advice for shop.example?",
        ("advice", "show advice", "what advice", "any advice", "list advice"),
        ("zone", "run"),
    ),
    Intent(
        "agent.explain",
        Kind.READ,
        "why something was decided",
        "explain 7f3a",
        ("explain", "explain @run", "why", "why @run", "why you"),
        ("run", "host", "certificate", "secret"),
    ),
)

"""The agent itself: what it does, did and may do, and how people stop it."""

from sophia_infra.agent.operations import ApproveEdit, Operation
from sophia_infra.agent.understanding.intent import Intent, Kind, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of


def _edit(wish: Wish) -> tuple[Operation, ...]:
    edits = wish.every(Of.QUOTE)
    edit = edits[0].text if len(edits) == 1 else wish.lacks('the edit by its record set in quotes, such as "@ TXT"')
    return (ApproveEdit(wish.only("run"), edit),)


# fmt: off
# a table: a row is one intent
INTENTS = (
    Intent("agent.status", Kind.READ, "what is going on, or how far a run is", "how far is 7f3a?",
        "status; any status; show status; howfar; what you status; what run; show @run; list run; which run; wait; "
        "is everything ok; is all ok; how do; how go; what go", names="run"),
    Intent("agent.history", Kind.READ, "what was done", "show the history of the last 7 days",
        "what did do; history; show history; history #duration; history #when; what #when; "
        "what last; what is history; list history", names="run", also="duration when"),
    Intent("agent.stop", Kind.CHANGE, "a run is stopped", "stop run 7f3a", "stop; stop run", names="run",
        words="run everything all you last", build=lambda _: ()),
    Intent("agent.rollback", Kind.CHANGE, "a run's changes are taken back, and that is verified", "roll back 7f3a",
        "rollback; rollback last set", names="run", words="run last set", build=lambda _: ()),
    Intent("agent.approve-how", Kind.READ, "how a person approves; no sentence is an approval",
        "how do I approve 7f3a?", "yes; approve; how approve; howto approve; who approve; is approve", names="run"),
    Intent("advice.approve-edit", Kind.CHANGE, "an edit that advice proposes becomes part of the next plan",
        'approve the edit "@ TXT" of advice 7f3a', "approve edit #quote; approve edit", names="run", needs=True,
        takes="quote", words="advice", build=_edit),
    Intent("agent.cost", Kind.READ, "what models have cost", "how much did that cost?",
        "cost; howmuch; howmuch cost; show cost; what cost; cost #when", names="run", also="duration when"),
    Intent("agent.help", Kind.READ, "what is understood, or how something is asked for", "what can you do?",
        "help; which commands; what commands; what you do; how *change; howto *change; help *change; what you",
        names="host certificate secret"),
    Intent("agent.limits", Kind.READ, "what bounds the agent", "what are you allowed to do?",
        "limits; what limits; show limits; what allowed; what allowed you do; allowed you; how limits; "
        "what is limits"),
    Intent("agent.advice", Kind.READ, "what is advised", "any advice for shop.example?",
        "advice; show advice; what advice; what you advice; any advice; list advice", names="zone run"),
    Intent("agent.explain", Kind.READ, "why something was decided", "explain 7f3a", "explain; why is; why; why you",
        names="run host certificate secret"),
)
# fmt: on

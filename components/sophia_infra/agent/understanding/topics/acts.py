"""What edits no file: certificates and secrets made anew, edits that advice proposes, and runs of the agent."""

from sophia_infra.agent.operations import ApproveEdit, Operation, Renew, Rotate
from sophia_infra.agent.understanding.intent import Build, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of


def _renew(wish: Wish) -> tuple[Operation, ...]:
    reissue = wish.says("reissue") or (wish.says("key") and wish.says("new"))
    return tuple(Renew(each.text, reissue) for each in wish.names)


def _edit(wish: Wish) -> tuple[Operation, ...]:
    edits = wish.every(Of.QUOTE)
    edit = edits[0].text if len(edits) == 1 else wish.lacks('the edit by its record set in quotes, such as "@ TXT"')
    return (ApproveEdit(wish.only("run"), edit),)


BUILDS: dict[str, Build] = {
    "certificates.renew": _renew,
    "certificates.reissue": lambda wish: tuple(Renew(each.text, reissue=True) for each in wish.names),
    "secrets.rotate": lambda wish: tuple(Rotate(each.text) for each in wish.names),
    "advice.approve-edit": _edit,
    "agent.stop": lambda _: (),
    "agent.rollback": lambda _: (),
}

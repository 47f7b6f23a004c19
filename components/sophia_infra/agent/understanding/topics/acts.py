"""What edits no zone: certificates, secrets, edits of advice, runs of the agent, environments, and settings."""

import re

from sophia_infra.agent.operations import ApproveEdit, Operation, Renew, Rotate, SetEnvironmentValue, SetSetting
from sophia_infra.agent.understanding.intent import Build, MissingError, Wish
from sophia_infra.agent.understanding.tokens import Kind as Of

_VALUES = (Of.NUMBER, Of.QUOTE, Of.ADDRESS)
_SWITCHES = {"true": True, "false": False}
OF_SECRETS = re.compile(r"pass|secret|token|credential|private|api_?key", re.IGNORECASE)
"""What the name of a value holds where that is a secret, marked as one or not."""


def _renew(wish: Wish) -> tuple[Operation, ...]:
    reissue = wish.says("reissue") or (wish.says("key") and wish.says("new"))
    return tuple(Renew(each.text, reissue) for each in wish.names)


def _edit(wish: Wish) -> tuple[Operation, ...]:
    edits = wish.every(Of.QUOTE)
    edit = edits[0].text if len(edits) == 1 else wish.lacks('the edit by its record set in quotes, such as "@ TXT"')
    return (ApproveEdit(wish.only("run"), edit),)


def _value(wish: Wish) -> object:
    """Return the value that is said: what is quoted, a number, an address, or the word after `to`."""
    given: list[object] = [t.number if t.kind == Of.NUMBER else t.text for of in _VALUES for t in wish.every(of)]
    given += [_SWITCHES.get(text, text) for text in wish.targets]
    if any(OF_SECRETS.search(each.text) for each in wish.names):
        raise MissingError("it sounds like a secret, and a sentence is kept; set it with: sophia esc set --secret")
    return given[0] if len(given) == 1 else wish.lacks('one value: a number, a word, or a text in "quotes"')


BUILDS: dict[str, Build] = {
    "certificates.renew": _renew,
    "certificates.reissue": lambda wish: tuple(Renew(each.text, reissue=True) for each in wish.names),
    "secrets.rotate": lambda wish: tuple(Rotate(each.text) for each in wish.names),
    "advice.approve-edit": _edit,
    "agent.stop": lambda _: (),
    "agent.rollback": lambda _: (),
    "environments.set": lambda wish: (SetEnvironmentValue(wish.only("environment"), wish.only("path"), _value(wish)),),
    "settings.set": lambda wish: (SetSetting(wish.only("setting"), _value(wish)),),
}

"""Questions about secrets that rotate, environments in files and settings; no value of a secret is in an answer."""

import json
import re
from collections.abc import Iterator
from typing import Any

from sophia_infra.agent.answers.question import Question, Row
from sophia_infra.agent.understanding.topics.acts import OF_SECRETS
from sophia_infra.codec import encode
from sophia_infra.journal import JournalError
from sophia_infra.secrets.inventory import Known, known
from sophia_infra.settings import is_credential

_HIDDEN = "[secret]"
_USER = re.compile(r"//[^/@\s]*@")


def _known(question: Question) -> Iterator[tuple[str, Known | None]]:
    """The secrets that are asked for, each with what the journal knows of it by its label."""
    labels = {each.address: each.inputs.get("label") for each in question.agent.resources}
    try:
        rotated = {each.label: each for each in known(question.journal)}
    except JournalError as error:
        if error.code != "no-journal":
            raise
        rotated = {}
    for name in question.named(question.inventory.secrets):
        yield name, rotated.get(str(labels.get(name)))


def secrets_list(question: Question) -> Iterator[Row]:
    """Which secrets there are, and where their rotations stand."""
    for name, each in _known(question):
        yield (each.line, encode(each)) if each else (f"{name}  no rotation is journaled yet", {"name": name})


def secrets_consumers(question: Question) -> Iterator[Row]:
    """Who was seen with secrets."""
    for name, each in _known(question):
        seen = each.consumers if each else ()
        yield f"{name}: seen with it: {', '.join(seen) or 'nobody yet'}", {"name": name, "consumers": list(seen)}


def environments_list(question: Question) -> Iterator[Row]:
    """Which environments there are."""
    for name in question.inventory.environments:
        yield name, {"environment": name}


def environments_show(question: Question) -> Iterator[Row]:
    """The values of environments, or those at paths; what is secret stays so."""
    from sophia_infra.esc import Environment, Files

    subjects = question.asked.subjects
    paths = [path for path in subjects if path not in question.inventory.environments]
    for name in question.named(question.inventory.environments):
        found = Environment.open(name, Files().folder)
        for path in paths or list(found.values.plain(redact=True)):
            value = _public(path, found.value(path).plain(redact=True))
            yield f"{name} {path}: {json.dumps(value)}", {"environment": name, "path": path, "value": value}


def settings_show(question: Question) -> Iterator[Row]:
    """Plain settings of the stack."""
    files = question.agent.places.settings
    for key in question.named(question.inventory.settings):
        value = _public(key, files.values.get(key))
        shown = value if isinstance(value, str) else json.dumps(value)
        yield f"{key} is {'not set' if value is None else shown}", {"key": key, "value": value}


def _public(name: str, value: Any) -> Any:
    """Return a value without what is a secret by its name, though nobody marked it, and without users of URLs."""
    if isinstance(value, dict):
        return {key: _public(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_public(name, inner) for inner in value]
    if OF_SECRETS.search(name) or is_credential(name):
        return _HIDDEN
    return _USER.sub(f"//{_HIDDEN}@", value) if isinstance(value, str) else value


secrets_show = secrets_list

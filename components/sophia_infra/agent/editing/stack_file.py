"""Plain values of a stack's file or an environment's, changed where they stand. All else stays as it is. Pure."""

import json
from typing import Any

from sophia_infra.changes import EditingError
from sophia_infra.esc import references
from sophia_infra.esc.errors import Place
from sophia_infra.esc.file_edits import placed, with_value, written
from sophia_infra.settings import NAMESPACE, OF_PEOPLE, is_credential


def changed(text: str, file: str, key: str, value: Any) -> str:
    """Return the text of a stack's file with a plain setting, by its full key.

    Raises:
        EditingError: people alone set it, or it holds a credential; or its key has not exactly one colon:
            Pulumi reads `sophia:config:limits` as `sophia:limits`.
        EscError: the file can't be read, or the setting is secret, a list or a mapping there.
    """
    namespace, _, name = key.partition(":")
    if not namespace or not name or ":" in name:
        raise EditingError(f"{key} is no full key of a setting; give one such as sophia:probe", subject=key)
    _refuse_of_people(key)
    content = written(value, is_text=True) if isinstance(value, str) else json.dumps(value)
    return placed(text, file, ("config", key), content)


def with_environment(text: str, file: str, path: str, value: Any) -> str:
    """Return the text of an environment's file with a plain value at a path below `values`.

    Raises:
        EditingError: people alone set it, it holds a credential, or it is a list, a mapping or text with a reference.
        EscError: the file can't be read, or would not be; the value there is secret, a list or a mapping.
    """
    for key in references.path(path, Place(file, 1, 1, path)):
        _refuse_of_people(str(key))
    is_text = isinstance(value, str)
    if isinstance(value, list | dict) or (is_text and "${" in value):  # it may set what people set, and open secrets
        raise EditingError(f"{path} is to be a plain value; by hand: sophia esc edit", code="not-plain", subject=path)
    return with_value(text, file, path, value if is_text else json.dumps(value), is_text=is_text)


def _refuse_of_people(key: str) -> None:
    namespace, _, name = key.partition(":")
    if namespace == NAMESPACE and name.partition(".")[0] in OF_PEOPLE:
        told = f"{key} bounds the agent, so a person sets it: pulumi config set {key}"
        raise EditingError(told, code="for-people", subject=key)
    if is_credential(key):
        raise EditingError(f"{key} is a credential: pulumi config set --secret {key}", code="for-people", subject=key)

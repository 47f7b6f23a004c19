"""Plain settings of a stack's file, changed where they stand. Comments, order and quotes of all else stay. Pure."""

import json
from typing import Any

from sophia_infra.agent.editing.errors import EditingError
from sophia_infra.esc.editing import placed, written
from sophia_infra.settings import JOURNAL, NAMESPACE, is_credential

OF_PEOPLE = ("autonomy", "autonomyLimits", "approvals", "limits", "overrides", JOURNAL)
"""The settings that say what the agent may do, and where that is recorded: people set them."""


def changed(text: str, file: str, key: str, value: Any) -> str:
    """Return the text of a stack's file with a plain setting, by its full key.

    Raises:
        EditingError: people alone set it, or it holds a credential.
        EscError: the file can't be read, or the setting is secret, a list or a mapping there.
    """
    namespace, colon, name = key.partition(":")
    if not colon or not namespace or not name:
        raise EditingError(f"{key} is no full key of a setting; give one such as sophia:probe", subject=key)
    if namespace == NAMESPACE and name.partition(".")[0] in OF_PEOPLE:
        told = f"{key} says what the agent may do, so a person sets it: pulumi config set {key}"
        raise EditingError(told, code="for-people", subject=key)
    if is_credential(key):
        raise EditingError(f"{key} is a credential: pulumi config set --secret {key}", code="for-people", subject=key)
    content = written(value, is_text=True) if isinstance(value, str) else json.dumps(value)
    return placed(text, file, ("config", key), content)

"""Plain settings of a stack's file, changed where they stand. Comments, order and quotes of all else stay. Pure."""

import json
from typing import Any

from sophia_infra.agent.editing.errors import EditingError
from sophia_infra.esc.editing import placed, written
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
    if namespace == NAMESPACE and name.partition(".")[0] in OF_PEOPLE:
        told = f"{key} bounds the agent, so a person sets it: pulumi config set {key}"
        raise EditingError(told, code="for-people", subject=key)
    if is_credential(key):
        raise EditingError(f"{key} is a credential: pulumi config set --secret {key}", code="for-people", subject=key)
    content = written(value, is_text=True) if isinstance(value, str) else json.dumps(value)
    return placed(text, file, ("config", key), content)

"""Which texts of a resource are secret: the engine says so of each, and the SDK (1.21) takes the marks off.

With `marking` around the SDK's reader each secret text is a `SecretText`, which reads as any other text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UnknownValueError

Read = Callable[..., dict[str, Any]]


class SecretText(str):
    """A text that the engine keeps encrypted."""

    __slots__ = ()


def marking(read: Read) -> Read:
    """Return the SDK's reader of properties, which then keeps the marks of secret texts."""

    def marked(props: dict[str, Any], proxy_secrets: bool = False) -> dict[str, Any]:
        return read(props if proxy_secrets else _marked(props), proxy_secrets)

    return marked


def _marked(value: Any, *, secret: bool = False) -> Any:
    if isinstance(value, list):
        return [_marked(item, secret=secret) for item in value]
    if not isinstance(value, dict):
        return SecretText(value) if secret and isinstance(value, str) else value
    if value.get(SPECIAL_SIG_KEY) == SPECIAL_SECRET_SIG:
        return _marked(value.get("value"), secret=True)
    return {key: _marked(item, secret=secret) for key, item in value.items()}


def texts_in(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each text that is known in properties, with the keys that lead to it; an element of a list adds none."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, pulumi.StringAsset):
        yield path, value.text
    elif isinstance(value, pulumi.AssetArchive):
        yield from texts_in(value.assets, path)
    elif isinstance(value, Mapping):
        for key in value:
            yield from texts_in(_known(value, key), (*path, str(key)))
    elif isinstance(value, Sequence):
        for index in range(len(value)):
            yield from texts_in(_known(value, index), path)


def _known(value: Any, key: Any) -> Any:
    try:
        return value[key]
    except UnknownValueError:
        return None  # it is judged at the apply

"""Operations applied to the declared files of a project: a diff of files that people can read. It writes nothing."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sophia_infra.agent.editing.edits import FileEdit, edits_of
    from sophia_infra.agent.editing.errors import EditingError
    from sophia_infra.agent.editing.places import Places

__all__ = ["EditingError", "FileEdit", "Places", "edits_of"]

_HOME = {"EditingError": "errors", "FileEdit": "edits", "Places": "places", "edits_of": "edits"}


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: a question about a stack edits nothing."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

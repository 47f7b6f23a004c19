"""Operations applied to the declared files of a project: a diff of files that people can read. It writes nothing."""

from typing import TYPE_CHECKING

from sophia_infra.deferred import deferred

if TYPE_CHECKING:
    from sophia_infra.agent.editing.edits import FileEdit, edits_of
    from sophia_infra.agent.editing.places import Places

__all__ = ["FileEdit", "Places", "edits_of"]

__getattr__ = deferred(
    __name__, {"FileEdit": "edits", "Places": "places", "edits_of": "edits"}
)  # a question edits nothing

"""What the agent does not edit, and why."""

from sophia_infra.errors import SophiaError


class EditingError(SophiaError):
    """A change that no declared file takes; the message says what a person would change, and where."""

    code = "not-editable"

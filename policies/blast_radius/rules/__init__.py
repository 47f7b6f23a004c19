"""The pack's policies, in the order in which they are reported."""

from .advice import AUTONOMY_CEILING, BLOCKING_ADVICE, SHOWN_ADVICE
from .exposure import EXPOSURE_CEILING, PROTECTED_NAMES
from .limits import DELETES, SOURCE_SHRINK, UPDATES

POLICIES = [
    DELETES,
    UPDATES,
    EXPOSURE_CEILING,
    SOURCE_SHRINK,
    PROTECTED_NAMES,
    BLOCKING_ADVICE,
    AUTONOMY_CEILING,
    SHOWN_ADVICE,
]

__all__ = ["POLICIES"]

"""Names of a package that are imported when they are first used (PEP 562): who asks for one need not load the others.

__getattr__ = deferred(__name__, {"Run": "runs", "plan": "proposal"})
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def deferred(package: str, home: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package; `home` has, for each name, its module below the package."""

    def imported(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return imported

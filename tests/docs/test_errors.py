"""docs/errors.md has every code that the package raises, with its class, and no other."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType

import sophia_infra
from sophia_infra.errors import SophiaError
from tests.support.workspace import REPO

ROW = re.compile(r"^\| `([a-z-]+)` \| `(\w+)` \| .+ \|$", re.MULTILINE)


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(sophia_infra.__path__, "sophia_infra."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def literals(node: ast.expr) -> Iterator[str]:
    """Return the codes that an expression may give: `"denied" if status in DENIED else "refused"` has two."""
    branches = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)
    yield from (each.value for each in branches if isinstance(each, ast.Constant) and isinstance(each.value, str))


def raised(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Return the codes that a module gives to a failure where it makes one."""
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            kind = getattr(module, call.func.id, None)
            if isinstance(kind, type) and issubclass(kind, SophiaError):
                given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
                yield from ((code, kind.__name__) for node in given for code in literals(node))


def in_code() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for module in modules():
        found |= set(raised(module))
        for kind in vars(module).values():
            is_ours = isinstance(kind, type) and issubclass(kind, SophiaError) and not kind.__name__.startswith("_")
            if is_ours and kind is not SophiaError:
                found.add((kind.code, kind.__name__))
    return found


def test_the_page_has_every_code_with_its_class() -> None:
    told = ROW.findall((REPO / "docs" / "errors.md").read_text())
    assert sorted(in_code() - set(told)) == []
    assert sorted(set(told) - in_code()) == []
    assert len(told) == len(set(told))

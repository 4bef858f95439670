"""What a file of cases must not hold: whatever reaches the device past `observe`, or swallows what a word raises."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.model.errors import UsageError

PURE_MODULES = frozenset(
    {"__future__", "abc", "base64", "collections", "dataclasses", "decimal", "enum", "fractions", "functools", "hashlib", "ipaddress"}
    | {"itertools", "json", "math", "operator", "re", "statistics", "string", "types", "typing"}
)
OWN_ROOMS = ("harness.cases", "harness.probes", "harness.model")
BANNED_MODULES = frozenset({"pytest", "_pytest"})
BANNED_NAMES = frozenset({"all", "any", "open", "exec", "eval", "compile", "input", "breakpoint", "globals", "setattr", "__import__"})


def parse(path: Path) -> ast.Module:
    """The file as Python reads it. Raises SyntaxError, ValueError; UsageError where it cannot be read at all."""
    try:
        return ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error


def check_rules(tree: ast.Module, path: Path) -> list[str]:
    """Every breach as `file:line: what, and what would be right`."""
    return [f"{path}:{getattr(node, 'lineno', 1)}: {what}" for node in ast.walk(tree) for what in _breaches(node)]


def _breaches(node: ast.AST) -> Iterator[str]:
    yield from _imports(node)
    match node:
        case ast.Assert():
            yield "assert: use expect, assume or none_of, which note and go on"
        case ast.Name(id=name) if name in BANNED_NAMES:
            yield f"{name}: use every or none_of, which know undecided answers" if name in ("all", "any") else f"{name} in a case"
        case ast.Try() | ast.TryStar():
            yield "try: a silence must not be caught; the words keep it"
        case ast.Attribute(attr=name) if name.startswith("_"):
            yield f"{name}: a case does not reach behind what it is given"
        case ast.AsyncFunctionDef() | ast.Await() | ast.Yield() | ast.YieldFrom():
            yield "async and yield: a case is a plain function that runs to its end"
        case ast.Global() | ast.Nonlocal():
            yield "global state: cases know nothing of each other"


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"import {each.name}: only observe reaches it" for each in names if not _may_import(each.name))
        case ast.ImportFrom(module=module, names=names, level=level):
            if not level and not _may_import(module or ""):
                yield f"import from {module}: only observe reaches it"
            if any(each.name == "*" for each in names):
                yield f"from {module} import *: write out what is imported, so that it can be read who says what"


def _may_import(module: str) -> bool:
    root = module.split(".", maxsplit=1)[0]
    if root == "harness":
        return module == "harness" or f"{module}.".startswith(tuple(f"{room}." for room in OWN_ROOMS))
    return root in PURE_MODULES or not (root in sys.stdlib_module_names or root in BANNED_MODULES)

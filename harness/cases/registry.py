"""The static registry of cases: read from the files themselves, so that no way of calling pytest can hide one."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.errors import UsageError
from harness.model.impact import Impact
from harness.model.vocabulary import Side, State

_ID = re.compile(r"@case\(\s*[\"']([A-Z]{3}-\d\d)[\"']")
BANNED_MODULES = frozenset(
    {"time", "random", "os", "socket", "subprocess", "asyncio", "threading", "datetime", "secrets"}
    | {"contextlib", "pytest", "unittest", "builtins", "importlib", "sys"}  # ways to swallow what a word raises
)
BANNED_CALLS = frozenset({"all", "any", "open", "exec", "eval", "__import__"})


@dataclass(frozen=True)
class CaseInfo:
    """What a case's marker says; the name of the function is its id."""

    name: str
    requirement: str
    when: str | None
    side: Side | None
    state: State | None
    impact: Impact | None
    path: Path
    line: int
    docstring: str


@dataclass(frozen=True)
class Registry:
    """All cases of a folder, and the requirements whose files cannot be read, with the reason."""

    cases: tuple[CaseInfo, ...]
    broken: dict[str, str]

    def of(self, requirement: str) -> tuple[CaseInfo, ...]:
        """The cases of one requirement."""
        return tuple(info for info in self.cases if info.requirement == requirement)


def scan(*folders: Path) -> Registry:
    """Read every test file. UsageError for two functions of one name and for a file that breaks the rules of a case."""
    found: list[CaseInfo] = []
    broken: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(text, str(path))
        except (SyntaxError, ValueError) as error:
            broken |= dict.fromkeys(_ID.findall(text), f"{path.name} cannot be read: {error}")
            continue
        found += _cases(tree, path)
    mistakes = [*_names_twice(found), *(mistake for info in {i.path for i in found} for mistake in check_rules(info))]
    if mistakes:
        raise UsageError("\n".join(mistakes))
    return Registry(tuple(found), broken)


def check_rules(path: Path) -> list[str]:
    """What a case file must not hold: asserts, clocks, chance, the system, and words that take silence for an answer."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return [f"{path}:{node.lineno}: {what}" for node in ast.walk(tree) for what in _breaches(node)]  # type: ignore[attr-defined]


def _breaches(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assert():
            yield "assert: use expect, assume or none_of, which note and go on"
        case ast.Import(names=names):
            yield from (f"import {name.name}: only observe reaches it" for name in names if name.name.split(".")[0] in BANNED_MODULES)
        case ast.ImportFrom(module=module) if (module or "").split(".")[0] in BANNED_MODULES:
            yield f"import from {module}: only observe reaches it"
        case ast.Call(func=ast.Name(id=name)) if name in BANNED_CALLS:
            yield f"{name}(): use every or none_of, which know undecided answers" if name in ("all", "any") else f"{name}() in a case"
        case ast.Try() | ast.TryStar():
            yield "try: a silence must not be caught; the words keep it"
        case ast.FunctionDef(decorator_list=[*decorators]) if any(_is_skip(each) for each in decorators):
            yield "skip and xfail marks hide a device that fails"


def _is_skip(decorator: ast.expr) -> bool:
    return bool(re.search(r"mark\.(skip|skipif|xfail)\b", ast.unparse(decorator)))


def _cases(tree: ast.Module, path: Path) -> Iterator[CaseInfo]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from (info for decorator in node.decorator_list if (info := _case(decorator, node, path)))


def _case(decorator: ast.expr, node: ast.FunctionDef, path: Path) -> CaseInfo | None:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).split(".")[-1] == "case"):
        return None
    said = {keyword.arg: _literal(keyword.value, path) for keyword in decorator.keywords}
    requirement = _literal(decorator.args[0] if decorator.args else decorator.keywords[0].value, path)
    details = {name: said.get(name) for name in ("when", "side", "state", "impact")}
    return CaseInfo(
        name=node.name, requirement=requirement, path=path, line=node.lineno, docstring=ast.get_docstring(node) or "", **details
    )


def _literal(node: ast.expr, path: Path) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise UsageError(f"{path}:{node.lineno}: what @case is given must be written out, not computed") from error


def _names_twice(found: list[CaseInfo]) -> Iterator[str]:
    for name, count in Counter(info.name for info in found).items():
        if count > 1:
            places = ", ".join(f"{info.path}:{info.line}" for info in found if info.name == name)
            yield f"{places}: {count} cases are called {name}; a case's name is its id, give each its own"

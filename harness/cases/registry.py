"""The static registry of cases: read from the files themselves, so that no way of calling pytest can hide one."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cases.marker import is_the_word, names_of_the_word, read_marker
from harness.cases.rules import check_rules, parse
from harness.model.errors import UsageError
from harness.model.impact import Impact
from harness.model.vocabulary import Side, State

_ID = re.compile(r"[\"']([A-Z]{3}-\d\d)[\"']")


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
    """Read every file. UsageError with every place where a case would be lost, is named twice, or breaks the rules."""
    found: list[CaseInfo] = []
    broken: dict[str, str] = {}
    mistakes = [f"{folder}: there is no such folder of test cases" for folder in folders if not folder.is_dir()]
    for path in dict.fromkeys(path.resolve() for folder in folders for path in sorted(folder.rglob("*.py"))):
        try:
            file = _File(parse(path), path)
        except (SyntaxError, ValueError) as error:
            unread = _unread(path, error)
            mistakes += [] if unread else [f"{path}: cannot be read ({error}), and says nowhere which requirement it is for"]
            broken |= unread
        else:
            found += file.cases
            mistakes += file.mistakes
    if mistakes := [*mistakes, *_names_twice(found)]:
        raise UsageError("\n".join(mistakes))
    return Registry(tuple(found), broken)


class _File:
    """One file: its cases, and what is wrong with it. In files that are no test file nothing is a case."""

    def __init__(self, tree: ast.Module, path: Path) -> None:
        self._path = path
        self._names = names_of_the_word(tree)
        self._holds_cases = path.name.startswith("test_")
        self.mistakes = check_rules(tree, path) if self._holds_cases else []
        self.cases: list[CaseInfo] = []
        taken: set[ast.AST] = set()
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and self._holds_cases and (call := self._marker(node)):
                taken |= {node, call.func}
                self._take(node, call)
        for each in ast.walk(tree):
            if each not in taken:
                self._look_for_lost(each)

    def _take(self, node: ast.FunctionDef, call: ast.Call) -> None:
        said = read_marker(call)
        if isinstance(said, str):
            self._mistake(call, said)
            return
        if len(node.decorator_list) > 1:
            self._mistake(node, f"{node.name}: a case has @case and no other decorator")
        if not node.name.startswith("test_"):
            self._mistake(node, f"{node.name}: the name of a case begins with test_, or pytest does not run it")
        for each in _returns(node.body):
            self._mistake(each, "return: a case runs to its end, or the criteria behind it are not asked")
        more = said.model_dump(exclude={"id"})
        purpose = ast.get_docstring(node) or ""
        self.cases.append(CaseInfo(node.name, said.id, **more, path=self._path, line=node.lineno, docstring=purpose))

    def _look_for_lost(self, node: ast.AST) -> None:
        """What looks like a case and would not be in the registry."""
        if is_the_word(node, self._names):
            self._mistake(node, 'case marks a plain function at the top of a file test_*.py, written @case("…"); here it would be lost')
        if not self._holds_cases:
            return
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if name.lower().startswith("test"):
                    self._mistake(node, f"{name} is no case: a case is a function at the top of its file and has @case")
            case ast.Name(id=name, ctx=ast.Store()) if name.startswith(("test", "pytest")):
                self._mistake(node, f"{name}: pytest would take this for its own")
            case ast.alias() if (node.asname or node.name).startswith("test"):
                self._mistake(node, f"{node.asname or node.name}: pytest would run this here too")

    def _marker(self, node: ast.FunctionDef) -> ast.Call | None:
        calls = (each for each in node.decorator_list if isinstance(each, ast.Call) and is_the_word(each.func, self._names))
        return next(calls, None)

    def _mistake(self, node: ast.AST, what: str) -> None:
        self.mistakes.append(f"{self._path}:{getattr(node, 'lineno', 1)}: {what}")


def _returns(body: Sequence[ast.AST]) -> Iterator[ast.Return]:
    """Those of the case itself, not of functions within it."""
    for node in body:
        if isinstance(node, ast.Return):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield from _returns(list(ast.iter_child_nodes(node)))


def _unread(path: Path, error: Exception) -> dict[str, str]:
    """The requirements that a file which is no Python names anywhere: better one too many than one too few."""
    text = path.read_bytes().decode("utf-8", "replace")
    return dict.fromkeys(_ID.findall(text), f"{path.name} cannot be read: {error}")


def _names_twice(found: list[CaseInfo]) -> Iterator[str]:
    for name, count in Counter(info.name for info in found).items():
        if count > 1:
            places = ", ".join(f"{info.path}:{info.line}" for info in found if info.name == name)
            yield f"{places}: {count} cases are called {name}; a case's name is its id, give each its own"

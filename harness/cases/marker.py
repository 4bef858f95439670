"""What the words `@case(…)` over a function say, read without running them."""

import ast
from typing import Annotated

from pydantic import ConfigDict, Field, ValidationError

from harness.model.base import Frozen
from harness.model.impact import Impact
from harness.model.vocabulary import Side, State

WORD = "case"


class Said(Frozen):
    """The arguments of `case`, in the words of the catalogue."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=r"^[A-Z]{3}-\d\d$")]
    when: str | None = None
    side: Side | None = None
    state: State | None = None
    impact: Impact | None = None


def read_marker(call: ast.Call) -> Said | str:
    """What it says, or what is wrong with it."""
    if len(call.args) > 1:
        return "case is given one requirement, and the rest by name"
    given = [*(("id", each) for each in call.args), *((str(keyword.arg), keyword.value) for keyword in call.keywords)]
    try:
        return Said.model_validate({name: ast.literal_eval(node) for name, node in given})
    except ValidationError as error:
        return "case " + "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors())
    except (ValueError, TypeError):
        return "what case is given must be written out, not computed"


def names_of_the_word(tree: ast.Module) -> frozenset[str]:
    """`case`, and whatever else a file calls it."""
    imported = (each for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for each in node.names)
    return frozenset(each.asname or each.name for each in imported if each.name == WORD)


def is_the_word(node: ast.AST, names: frozenset[str]) -> bool:
    """Is this a use of `case`, by whatever name?"""
    match node:
        case ast.Name(id=name, ctx=ast.Load()):
            return name in names
        case ast.Attribute(attr=name, ctx=ast.Load()):
            return name == WORD
    return False

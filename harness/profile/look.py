"""A profile that is being looked at: the model of its sound parts, and where everything was written."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.catalogue.source import Source
from harness.model.mistake import Loc, Mistake, Step
from harness.model.profile import Profile
from harness.model.recipe import ActionName, Recipe
from harness.model.requirement import Catalogue

TABLES_WITH_IDS = ("log_intf", "auth_mech", "stream")


@dataclass(frozen=True)
class Look:
    """What the checks work on."""

    profile: Profile
    catalogue: Catalogue
    source: Source
    cut: tuple[Loc, ...] = ()

    def is_whole(self, *loc: Step) -> bool:
        """Was nothing cut out here, so that something may be said about what is not there?"""
        return not any(cut[: len(loc)] == loc[: len(cut)] for cut in self.cut)

    def mistake(self, loc: Loc, what: str, remedy: str) -> Mistake:
        """A mistake at a place of the profile's file."""
        return self.source.mistake(loc, what, remedy)

    def rows(self, table: str) -> Iterator[tuple[int, object]]:
        """The numbered ids of an IXIT table as written, also of rows that are wrong otherwise."""
        rows = self.source.at(("ixit", table))
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            yield number, row.get("id") if isinstance(row, dict) else None

    def ids(self, table: str) -> set[object]:
        """The ids of an IXIT table as written."""
        return {name for _, name in self.rows(table)}

    def ways(self, action: ActionName) -> set[str]:
        """The ways of an action as written."""
        ways = self.source.at(("actions", action))
        return set(ways) if isinstance(ways, dict) else set()

    def place(self, table: str, row: str, *inside: Step) -> Loc:
        """Where the row with this id was written."""
        number = next((number for number, name in self.rows(table) if name == row), 0)
        return ("ixit", table, number, *inside)

    def recipes(self) -> Iterator[tuple[ActionName, str, Loc, Recipe]]:
        """Every recipe with its action, way and place."""
        for action, ways in self.profile.actions.items():
            for way, recipe in ways.items():
                yield action, way, ("actions", action, way), recipe

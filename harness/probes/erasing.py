"""What a reset leaves: unique values are planted as an owner would bring them in, and looked for in storage before and after."""

import itertools
import secrets
from collections.abc import Iterator, Sequence

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Secret
from harness.model.storage import Copy
from harness.probes import device
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided
from harness.probes.actions.perform import by_way
from harness.probes.actions.recipe import Play
from harness.probes.device import BUTTON, Reset
from harness.probes.export_files import TooMuch, is_packed, layers
from harness.probes.images import volumes
from harness.probes.images.needles import Hit, Needles
from harness.probes.storage import file_of, place_of
from harness.transports.templates import NOT_TRIED, Variables

SHOWN = 20
CHUNKS_MOST = 64  # of a packed file
PREFIX = "c7"  # a letter first: names of accounts begin with one


class Canary(Decided):
    """One planted value; `state` says whether the device took it, `kind` as what."""

    kind: str
    value: Secret

    def __str__(self) -> str:
        """For people."""
        return f"{self.kind} {self.value.label}"


class Remains(Frozen):
    """Where one canary stands in some copies; `untold` says what of them was not read."""

    kind: str
    asked: str
    places: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def gone(self) -> bool:
        """Is it in none of them? Undecided where something was not read."""
        if self.untold and not self.places:
            raise Undecided("; ".join(self.untold[:SHOWN]))
        return not self.places


@acts("change")
def plant(bench: Bench) -> tuple[Canary, ...]:
    """One value for each way of the profile's actions.plant: a network, an account, a name, whatever the device keeps of its owner."""
    recipes = bench.profile.actions.get("plant", {})
    if not recipes:
        raise NotPossible("nothing is known to plant: no recipe actions.plant in the profile")
    owner, planted = bench.credential("owner"), []
    for way, recipe in recipes.items():
        value = PREFIX + secrets.token_hex(8)
        secret = bench.access.keep_secret(f"{bench.sample.name}/canary-{way}", value)
        session = session_of(bench, recipe.inside or way, owner)
        variables = Variables({"user": (owner, NOT_TRIED)}, plain={"address": bench.sample.address, "canary": value})
        outcome = Play(bench, recipe, variables, f"plant a value as {way}", session).run().outcome
        planted.append(Canary(state=outcome.state, why=outcome.why, asked=outcome.asked, kind=way, value=secret))
    return tuple(planted)


@reads()
def find(bench: Bench, copies: Sequence[Copy], canaries: Sequence[Canary]) -> tuple[Remains, ...]:
    """Each canary in the names and the content of all files of these copies, in every common spelling, also in what is packed."""
    values = {canary.value.label: bench.access.reveal(canary.value) for canary in canaries}
    needles, places = Needles(values), {label: list[str]() for label in values}
    untold = [trouble for taken in copies for trouble in taken.unread]
    for taken in copies:
        with volumes.opened(file_of(bench, taken)) as image:
            for reading in volumes.readings(image, []):
                for entry in reading.entries():
                    where = place_of(entry, reading, taken)
                    content = iter(reading.content(entry) if entry.kind == "file" else ())
                    start = b"".join(itertools.islice(content, CHUNKS_MOST))
                    chunks = itertools.chain((entry.path.encode(), b"\0", start), content)
                    hits = itertools.chain(needles.look(chunks, where), _in_packed(needles, start, where, untold))
                    for hit in hits:
                        places[hit.label].append(f"{hit.place}{f' as {hit.spelled}' if hit.spelled else ''}")
    bench.note_retry_hint(f"grep -ra in the files of {', '.join(f'private/images/{taken.file}' for taken in copies)}")
    return tuple(_remains(canary, places[canary.value.label], untold) for canary in canaries)


def _in_packed(needles: Needles, data: bytes, where: str, untold: list[str]) -> Iterator[Hit]:
    """What stands in a file that is packed, as far as it was read."""
    if not is_packed(data):
        return
    try:
        for place, inner in itertools.islice(layers(data), 1, None):
            yield from needles.look(iter([inner]), f"{where}{place.removeprefix('the file')}")
    except TooMuch as much:
        untold.append(f"{where}: {much}")


@acts("reset")
def reset(bench: Bench, way: str) -> Reset:
    """Back to the state as delivered by one declared way: the button, or the recipe or standard of this name."""
    if way == BUTTON:
        return device.reset(bench, BUTTON)
    return device.reset_by(bench, way, lambda: by_way(bench, "reset", way))


def _remains(canary: Canary, places: list[str], untold: list[str]) -> Remains:
    shown = tuple(dict.fromkeys(places))[:SHOWN]
    told = f" in {shown[0]}{f', and {len(places) - 1} more' if len(places) > 1 else ''}" if shown else ""
    return Remains(kind=canary.kind, asked=f"{canary.kind}{told}", places=shown, untold=tuple(untold))

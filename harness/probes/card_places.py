"""Files of the card at addresses that the device itself tells: below what its pages and lists of recordings name, and in lists of files."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.errors import NotPossible, Undecided
from harness.probes.actions.recipe import target_of
from harness.probes.card_files import ROOTS, Asked, CardFile, askable, gives
from harness.probes.function_paths import is_dangerous, named_in
from harness.probes.functions import Walk, http_services
from harness.probes.recordings import lists_of
from harness.transports.http import HttpReply, HttpRequest, Target, exchange, text_of

FOLDERS_MOST, LISTS_MOST, READ_MOST = 40, 40, 1 << 18
_SEGMENT = r"[A-Za-z0-9_.~%+@=-]{1,80}"
_PATH = re.compile(rf"(?<![\w.~%+@=/-])(?:[a-z]{{2,6}}://[^/\s\"'<>]{{1,100}})?((?:{_SEGMENT})?(?:/{_SEGMENT}){{1,10}}/?)")
_RANDOM = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w-]{16,}")  # who was given this may open it: such is a link, no place


@acts("login")
def ask_where_told(bench: Bench, files: Sequence[CardFile]) -> tuple[Asked, ...]:
    """The newest film and picture without any log-in, on each HTTP service."""
    newest = {file.kind: file for file in reversed(files)}
    texts, links = _lists(bench)
    services = http_services(bench)
    asks = tuple(_Ask(file) for file in newest.values())
    for service in services:
        target = target_of(bench, service.id)
        _Look(bench, target, asks, links).below(folders_in((*Walk(bench, service).named, *texts)))
    return tuple(each.asked(len(services)) for each in asks)


def folders_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Every folder on the way to what is named there, but usual ones, which are asked anyway; pure and bounded."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _PATH.finditer(text[:READ_MOST].replace("\\/", "/")):
            parts = match[1].strip("/").split("/")
            parts = parts if match[1].endswith("/") else parts[:-1]
            for length in range(1, len(parts) + 1):
                if _RANDOM.fullmatch(parts[length - 1]) or ".." in parts[:length]:
                    break
                found[f"/{'/'.join(parts[:length])}"] = None
    return tuple(each for each in found if each not in ROOTS and not is_dangerous(f"{each}/"))[:FOLDERS_MOST]


def _lists(bench: Bench) -> tuple[list[str], frozenset[str]]:
    """What lists of recordings say to their owner, and the links in them that open by themselves, as stated."""
    texts, links = list[str](), set[str]()
    with suppress(NotPossible, Undecided):
        for kind, text, paths in lists_of(bench):
            texts.append(text)
            links |= {path.partition("?")[0] for path in paths if kind.life_s is not None}
    return texts, frozenset(links)


@dataclass
class _Ask:
    """One file, and where it was given."""

    file: CardFile
    count: int = 0
    given: list[str] = field(default_factory=list)

    def addresses(self, folder: str) -> Iterator[str]:
        """As it lies on the card, and by its name alone."""
        _, name = askable(self.file.path)
        yield from dict.fromkeys((f"{folder}/{self.file.path}", f"{folder}/{name}"))

    def asked(self, services: int) -> Asked:
        """What came of it."""
        told = f"{self.file.asked} where the device tells of it"
        asked = f"{self.file.asked} at {self.given[0]}" if self.given else told
        return Asked(asked=asked, services=services, addresses=self.count, given=tuple(self.given))


@dataclass
class _Look:
    """At one service as nobody. A link that opens by itself as stated is none of these addresses."""

    bench: Bench
    target: Target
    asks: tuple[_Ask, ...]
    links: frozenset[str]
    asked: set[str] = field(default_factory=set)

    def below(self, folders: Collection[str]) -> None:
        """Each file below each folder, and lists of files from there on."""
        for ask in self.asks:
            for folder in folders:
                for path in ask.addresses(folder):
                    self._ask(ask, path)
        waiting = [f"{folder}/" for folder in dict.fromkeys((*ROOTS, *folders))]
        seen = set(waiting)
        for _ in range(LISTS_MOST + len(waiting)):
            if not waiting:
                break
            path = waiting.pop(0)
            for place in self._list(path):
                if place.endswith("/") and place not in seen and not is_dangerous(place):
                    seen.add(place)
                    waiting.append(place)

    def _list(self, path: str) -> tuple[str, ...]:
        """What a list of files names below itself; files of ours in it are asked for."""
        reply = self._get(path)
        below = tuple(place for _, place in named_in(text_of(reply.body), path) if place.startswith(path)) if _is_text(reply) else ()
        for ask in self.asks:
            name = askable(ask.file.path)[1]
            if gives(reply, ask.file, path):
                self._given(ask, path)
            for place in below:
                if place.rpartition("/")[2] == name:
                    self._ask(ask, place)
        return below

    def _ask(self, ask: _Ask, path: str) -> None:
        if path in self.links or path in self.asked:
            return
        self.asked.add(path)
        ask.count += 1
        if gives(self._get(path), ask.file, path):
            self._given(ask, path)

    def _given(self, ask: _Ask, path: str) -> None:
        ask.given.append(self.target.url(path))
        self.bench.note_retry_hint(HttpRequest("GET", path).curl(self.target))

    def _get(self, path: str) -> HttpReply:
        return exchange(self.bench.access, self.target, HttpRequest("GET", path))


def _is_text(reply: HttpReply) -> bool:
    return 200 <= reply.status < 300 and (reply.header("Content-Type") or "text/").lower().startswith("text/")

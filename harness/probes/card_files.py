"""Films and pictures in the image of a card, and whether a web service gives them to anybody at addresses made of their names."""

from collections.abc import Iterator

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import HTTP_PROTOCOLS
from harness.model.storage import Copy
from harness.probes.actions.recipe import target_of
from harness.probes.images import volumes
from harness.probes.link_answers import COMPARED, ENOUGH, media_of, same_media
from harness.probes.storage import file_of
from harness.transports.http import HttpReply, HttpRequest, exchange, text_of

LATEST = 2  # of each kind
BEGIN = 512  # bytes of a file by which it is known again
NAME_MOST = 200
ROOTS = (
    "", "/sd", "/sdcard", "/SD", "/card", "/mnt/sd", "/mnt/sdcard", "/mnt/mmc", "/mnt/mmcblk0p1", "/media", "/media/card", "/media/sd",
    "/record", "/records", "/recordings", "/video", "/videos", "/DCIM", "/download", "/downloads", "/files", "/static", "/cgi-bin/sd",
    "/web/sd",
)  # fmt: skip


class CardFile(Frozen):
    """A film or picture; `begin` is the start of its content as text of latin-1 letters."""

    path: str
    kind: str
    size: int
    begin: str

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"/{self.path} ({self.kind})"


class Asked(Frozen):
    """`given`: the addresses at which it, or a list with its name, came."""

    asked: str
    services: int
    addresses: int
    given: tuple[str, ...] = ()

    @property
    def served(self) -> bool:
        """Undecided where no service was asked."""
        if not self.services:
            raise Undecided(f"{self.asked}: no HTTP service is declared that could give it")
        return bool(self.given)


@reads()
def find(bench: Bench, taken: Copy) -> tuple[CardFile, ...]:
    """The latest films and pictures by the order of their names; Undecided where a card holds none that is known by its bytes."""
    found: list[CardFile] = []
    troubles = list(taken.troubles)
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in volumes.readings(image, troubles):
            for entry in reading.entries():
                begin = next(iter(reading.content(entry)), b"") if entry.kind == "file" and len(entry.path) <= NAME_MOST else b""
                if len(begin) >= ENOUGH and (kind := media_of(begin)):
                    found.append(CardFile(path=entry.path, kind=kind, size=entry.size, begin=begin[:BEGIN].decode("latin-1")))
    if not found:
        raise Undecided(f"the card holds no film or picture that is known by its bytes{f' ({troubles[0]})' if troubles else ''}")
    found.sort(key=lambda file: file.path, reverse=True)
    by_kind = {kind: [file for file in found if file.kind == kind][:LATEST] for kind in dict.fromkeys(file.kind for file in found)}
    return tuple(file for files in by_kind.values() for file in files)


@acts("login")
def ask_by_name(bench: Bench, file: CardFile) -> Asked:
    """Without any log-in, on each HTTP service: the file below usual roots, and lists of its folder."""
    services = [entry for entry in bench.profile.ixit.log_intf if entry.protocol in HTTP_PROTOCOLS]
    given: list[str] = []
    count = 0
    for service in services:
        target = target_of(bench, service.id)
        for path in _addresses(file.path):
            count += 1
            reply = exchange(bench.access, target, HttpRequest("GET", path))
            if gives(reply, file, path):
                given.append(target.url(path))
                bench.note_retry_hint(HttpRequest("GET", path).curl(target))
    asked = f"{file.asked} at {given[0]}" if given else file.asked
    return Asked(asked=asked, services=len(services), addresses=count, given=tuple(given))


def _addresses(path: str) -> Iterator[str]:
    """Of the file as it lies on the card, by its name alone, and of its folder."""
    folder, name = askable(path)
    for root in ROOTS:
        yield from dict.fromkeys((f"{root}/{path}", f"{root}/{name}", f"{root}/{folder}/" if folder else f"{root}/"))


def askable(path: str) -> tuple[str, str]:
    """Folder and name of a file on the card; NotPossible where no address can be made of them. No probe by itself."""
    if not path.isascii() or not path.isprintable() or set(path) & set(" ?#%"):
        raise NotPossible(f"{path!r} is no name that can be asked for as it stands")
    folder, _, name = path.rpartition("/")
    return folder, name


def gives(reply: HttpReply, file: CardFile, path: str) -> bool:
    """Its bytes, or a list that names it."""
    if not 200 <= reply.status < 300:
        return False
    if path.endswith("/"):
        return file.path.rpartition("/")[2] in text_of(reply.body[:COMPARED])
    return same_media(reply.body, file.begin.encode("latin-1"))

"""What the software of a unit holds that would open every unit, and whether two units share keys."""

from collections.abc import Iterator, Mapping

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.profile import Row
from harness.model.secret import Credential
from harness.model.storage import Copy
from harness.probes.firmware_patterns import FOUND_MAX, HASH, KINDS, OPENS, PRIVATE_KEY, SERVICE, Found, found_in, log_ins
from harness.probes.images import volumes
from harness.probes.images.volumes import Reading
from harness.probes.password_formats import keys_in, opened, tokens
from harness.probes.password_store import limited
from harness.probes.shared_logins import Trial, known_pairs, tried
from harness.probes.storage import file_of
from harness.transports.crypt import crypt
from harness.transports.templates import NOT_TRIED

SHOWN = 20
PAIRS_MAX = 12
CRACK_MAX = 200
KEYS_MAX, BLOBS_MAX = 1000, 64
OWN_KINDS = (PRIVATE_KEY, SERVICE)


class Place(Frozen):
    """A file, the byte in it, and what of the thing may be told."""

    where: str
    offset: int
    name: str = ""


class Sought(Frozen):
    """One kind of thing and where it was found. What the profile declares as a test key is in `explained`."""

    kind: str
    places: tuple[Place, ...] = ()
    explained: tuple[Place, ...] = ()

    @property
    def asked(self) -> str:
        """For people."""
        if not self.places:
            return self.kind
        first, more = self.places[0], len(self.places) - 1
        told = f" ({first.name})" if first.name else ""
        return f"{self.kind}{told} at byte {first.offset} of {first.where}{f', and {more} more' if more else ''}"


class Scan(Frozen):
    """All kinds that were looked for in the software of a copy. `doubtful` only a person can judge, `untold` was not read."""

    asked: str
    sought: tuple[Sought, ...]
    files: int = 0
    doubtful: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Was there software, was all of it read, and is nothing left to judge? Undecided where not."""
        if not self.files:
            raise Undecided("no part of the copy is software that can be told from what the unit wrote")
        if self.untold or self.doubtful:
            raise Undecided("; ".join((*self.untold, *self.doubtful)))
        return True


@reads()
def scan(bench: Bench, taken: Copy) -> Scan:
    """The files that the maker put into every unit."""
    places: dict[str, list[Place]] = {kind: [] for kind in KINDS}
    explained: dict[str, list[Place]] = {kind: [] for kind in KINDS}
    files, untold, keys = 0, [*taken.troubles], list[tuple[bytes, str]]()
    tests, blobs = _test_keys(bench), _blobs(bench, taken)
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in _software(volumes.readings(image, [])):
            for where, data in _files(reading):
                files += 1
                keys += [(key, where) for key in keys_in(data)] if len(keys) < KEYS_MAX else []
                for found in _some(found_in(data)):
                    listed = explained if found.kind == PRIVATE_KEY and where in tests else places
                    listed[found.kind].append(_place(bench, where, found))
            untold += [f"{reading.part.name}: {trouble}" for trouble in reading.troubles]
    places[OPENS] += [Place(where=where, offset=0) for where in dict.fromkeys(opened(blobs, keys[:KEYS_MAX], _password(bench)))]
    bench.note_retry_hint(f"unsquashfs or debugfs on private/images/{taken.file}, then grep -a in the file")
    sought = tuple(Sought(kind=kind, places=tuple(places[kind][:SHOWN]), explained=tuple(explained[kind][:SHOWN])) for kind in KINDS)
    return Scan(asked=f"software in the {taken.asked}", sought=sought, files=files, untold=tuple(untold[:SHOWN]))


@acts("login")
def offer(bench: Bench, surface: Surface, who: Credential, taken: Copy) -> Trial:
    """Show every name and password that the software holds, as they are, and those whose hash a public password fits."""
    pairs = _pairs(bench, taken)
    offered = [who.listed(word, user) for user, word in pairs[:PAIRS_MAX]]
    told = tried(bench, surface, offered, f"{len(offered)} log-ins of the image on {surface.id}")
    left = f"{len(pairs) - PAIRS_MAX} log-ins of the image were not tried" if len(pairs) > PAIRS_MAX else ""
    return told.model_copy(update={"left_out": left})


@reads()
def compare(bench: Bench, taken: Copy, other: Copy) -> tuple[Sought, ...]:
    """Keys that the one unit keeps among its own files, and the other too: made by chance they would differ."""
    mine, others = _own(bench, taken), _own(bench, other)
    shared: dict[str, list[Place]] = {kind: [] for kind in OWN_KINDS}
    for (kind, value), place in mine.items():
        if (kind, value) in others:
            shared[kind].append(place)
    bench.note_retry_hint(f"compare the files of private/images/{taken.file} and {other.file}")
    return tuple(Sought(kind=f"{kind} that {taken.unit} and {other.unit} share", places=tuple(shared[kind][:SHOWN])) for kind in OWN_KINDS)


def _own(bench: Bench, taken: Copy) -> dict[tuple[str, bytes], Place]:
    with volumes.opened(file_of(bench, taken)) as image:
        readings = [reading for reading in volumes.readings(image, []) if not _is_software(reading)]
        listed = [(where, found) for reading in readings for where, data in _files(reading) for found in _some(found_in(data))]
    return {(found.kind, found.value): Place(where=where, offset=found.offset) for where, found in listed if found.kind in OWN_KINDS}


def _blobs(bench: Bench, taken: Copy) -> list[bytes]:
    """What the unit keeps and what may be encrypted."""
    with volumes.opened(file_of(bench, taken)) as image:
        own = [data for reading in volumes.readings(image, []) if not _is_software(reading) for _, data in _files(reading)]
    return [raw for data in own for raw in tokens(data).values() if len(raw) >= 16][:BLOBS_MAX]


def _password(bench: Bench) -> str:
    owner = bench.credential("owner")
    login = bench.access.login(owner.at(bench.current_version(owner)), NOT_TRIED)
    return login.password if login else ""


def _software(readings: Iterator[Reading]) -> Iterator[Reading]:
    return (reading for reading in readings if _is_software(reading))


def _is_software(reading: Reading) -> bool:
    """A root file system: squashfs, or another with the accounts of the system in it."""
    if reading.kind == "squashfs":
        return True
    if reading.kind != "ext":
        return False
    found = any(entry.path == "etc/passwd" for entry in reading.entries())
    reading.troubles.clear()
    return found


def _files(reading: Reading) -> Iterator[tuple[str, bytes]]:
    for entry in reading.entries():
        if entry.kind == "file":
            yield f"/{entry.path}", limited(reading.content(entry))


def _some(found: Iterator[Found]) -> Iterator[Found]:
    """A file of nothing but keys is a list of them."""
    for number, each in enumerate(found):
        if number == FOUND_MAX:
            return
        yield each


def _pairs(bench: Bench, taken: Copy) -> tuple[tuple[str, str], ...]:
    pairs: dict[tuple[str, str], None] = {}
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in _software(volumes.readings(image, [])):
            for _, data in _files(reading):
                pairs |= dict.fromkeys(log_ins(data))
                pairs |= dict.fromkeys(_guessed(data))
    return tuple(pairs)


def _guessed(data: bytes) -> Iterator[tuple[str, str]]:
    """The password behind a hash of crypt, where it is a public one."""
    words = dict.fromkeys(word for _, word in known_pairs() if word)
    for found in found_in(data):
        if found.kind == HASH and found.value:
            user = found.name.removeprefix("account ")
            word = next((word for word in list(words)[:CRACK_MAX] if crypt(word.encode(), found.value)), None)
            if word:
                yield user, word


def _place(bench: Bench, where: str, found: Found) -> Place:
    """What is a secret is masked from now on."""
    text = found.value[:200].decode("latin-1")
    if found.kind != HASH and len(text) >= 8 and text.isascii():
        bench.access.keep_secret(f"{bench.sample.name}/in-the-image", text)
    return Place(where=where, offset=found.offset, name=found.name)


def _test_keys(bench: Bench) -> frozenset[str]:
    """Files that the profile lists as keys for tests, with why they are there."""
    table = bench.profile.ixit.free.get("sec_param", ())
    rows: tuple[Mapping[str, object] | Row, ...] = table if isinstance(table, tuple) else (table,)
    listed = (row for row in rows if str(row.get("type", "")).startswith("test key") and row.get("provisioning"))
    return frozenset(f"/{str(row.get('storage', '')).lstrip('/')}" for row in listed)

"""Where a unit keeps its owner's password, and how: images from before and after a change are compared."""

import hashlib
from collections.abc import Iterator, Sequence

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.profile import Row
from harness.model.secret import Credential, Login
from harness.model.storage import WRITABLE, Copy
from harness.probes.actions.outcome import label_of
from harness.probes.images import volumes
from harness.probes.images.needles import Needles
from harness.probes.password_formats import Account, Method, Store, fresh, keys_in, opened, stores
from harness.probes.storage import file_of
from harness.transports.templates import NOT_TRIED

FILE_MAX = 4 << 20
RAW_MAX = 1 << 30  # bytes of a chip that are looked at as they are; of a card only the files
KEYS_MAX, KEY_FILE_MAX = 1000, 1 << 20
SHOWN = 40
VERSIONS = 4  # passwords that are looked for: the current one, the first, the latest


class Place(Frozen):
    """Somewhere in a copy where a password stands that can be read."""

    label: str
    spelled: str
    where: str

    @property
    def asked(self) -> str:
        """For people."""
        return f"{self.label}{f' as {self.spelled}' if self.spelled else ''} in {self.where}"


class Kept(Frozen):
    """One way in which the password was found to be kept."""

    method: str
    strength: str
    rounds: int
    memory_kib: int
    where: str

    def is_slow(self, rounds_min: float, memory_kib_min: float) -> bool:
        """Does a guess cost enough? What needs much memory may have fewer rounds; a cost that is not told is undecided."""
        if self.strength != "slow":
            return False
        if self.memory_kib:
            return self.memory_kib >= memory_kib_min
        if not self.rounds:
            raise Undecided(f"the cost of {self.asked} is not told in its format")
        return self.rounds >= rounds_min

    @property
    def asked(self) -> str:
        """For people."""
        return f"{self.method} in {self.where}"


class Sought(Frozen):
    """Where readable passwords stand in a copy. What is `untold` was not searched."""

    asked: str
    places: tuple[Place, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Was everything searched? Undecided where it was not."""
        if self.untold:
            raise Undecided("; ".join(self.untold[:SHOWN]))
        return True


class Examined(Frozen):
    """How the password is kept, shown by making it again. `unexplained` changed with the password, and what it is was not found out."""

    asked: str
    kept: tuple[Kept, ...] = ()
    unexplained: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Was the place of the password found, and everything in it understood? Undecided where it was not."""
        if not self.kept:
            raise Undecided("no file that changed with the password keeps it in a way that is known or declared (sec_param[].protection)")
        if self.unexplained or self.untold:
            raise Undecided("; ".join((*self.unexplained, *self.untold)))
        return True


@reads()
def search(bench: Bench, taken: Copy, who: Credential) -> Sought:
    """The account's latest passwords in all bytes of a copy and in all files, in any form that can be turned back or is a plain digest."""
    needles = Needles(_values(bench, who))
    more = taken.medium == "flash" and taken.size > RAW_MAX
    untold = ["bytes beyond the first GiB of the chip, outside of files"] if more else []
    untold += [*(f"{label} is too short to be searched for" for label in needles.short), *taken.unread]
    with volumes.opened(file_of(bench, taken)) as image:
        hits = list(needles.look(image.first(RAW_MAX), f"the bytes of the {taken.medium}")) if taken.medium == "flash" else []
        for reading in volumes.readings(image, []):
            for entry in reading.entries():
                if entry.kind == "file":
                    where = f"/{entry.path} of {reading.part.name or taken.medium}"
                    hits += needles.look(reading.content(entry), where)
    bench.note_retry_hint(f"grep -a in private/images/{taken.file}, and in its files by debugfs or mcopy")
    places = tuple(Place(label=hit.label, spelled=hit.spelled, where=hit.place) for hit in hits[:SHOWN])
    told = f": {places[0].asked}{f', and {len(hits) - 1} more' if len(hits) > 1 else ''}" if places else ""
    return Sought(asked=f"passwords in the {taken.asked}{told}", places=places, untold=tuple(untold))


@reads()
def examine(bench: Bench, before: Copy, after: Copy, who: Credential) -> Examined:
    """The files that changed between two copies, one before and one after a change of the password: do they keep it, and how?"""
    login = bench.access.login(who.at(bench.current_version(who)), NOT_TRIED)
    if login is None:
        raise Undecided("nobody has no password")
    old = dict(_files(bench, before))
    new = {where: data for where, data in _files(bench, after) if old.get(where) != data}
    declared, sealed = _declared(bench)
    whose = Account(login.user, login.password, realms_of(bench))
    kept: list[Kept] = []
    unexplained, blobs = [], []
    for where, data in new.items():
        found = stores(data, old.get(where, b""), whose, declared)
        kept += [_kept(store, where) for store in found]
        left = {text: raw for text, raw in fresh(data, old.get(where, b"")).items() if not any(_within(text, s) for s in found)}
        blobs += [raw for raw in left.values() if len(raw) >= 16]
        if found and any(len(raw) >= 16 for raw in left.values()) and not sealed:
            unexplained.append(f"what else changed with the password in {where} is not declared (sec_param[].protection)")
        if not found and sealed and any(len(raw) >= 16 for raw in left.values()) and _names_it(bench, where):
            kept.append(Kept(method=sealed, strength="slow", rounds=0, memory_kib=1 << 30, where=where))
    for place in opened(blobs, _keys(bench, after), login.password):
        kept.append(Kept(method=f"encrypted under a key that lies in {place}", strength="readable", rounds=0, memory_kib=0, where=place))
    bench.note_retry_hint(f"compare private/images/{before.file} and {after.file}; make the hash again from its salt")
    untold = tuple(f"{where} is too large to be looked into" for where, data in new.items() if len(data) >= FILE_MAX)
    return Examined(asked=f"the password of {who.role}", kept=tuple(kept), unexplained=tuple(unexplained), untold=untold)


def _values(bench: Bench, who: Credential) -> dict[str, str]:
    logins = {label_of(bench, each): bench.access.login(each, NOT_TRIED) for each in bench.latest(who, VERSIONS)}
    return {label: login.password for label, login in logins.items() if login is not None}


def _files(bench: Bench, taken: Copy) -> Iterator[tuple[str, bytes]]:
    """Files of parts that the unit writes."""
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in volumes.readings(image, []):
            if reading.kind in WRITABLE:
                for entry in reading.entries():
                    if entry.kind == "file":
                        yield f"/{entry.path} of {reading.part.name or taken.medium}", limited(reading.content(entry))


def limited(chunks: Iterator[bytes]) -> bytes:
    """The first bytes of a file, as many as are looked into; no probe by itself."""
    data = b""
    for chunk in chunks:
        data += chunk
        if len(data) >= FILE_MAX:
            return data[:FILE_MAX]
    return data


def _keys(bench: Bench, taken: Copy) -> Iterator[tuple[bytes, str]]:
    """What may be a key, anywhere in the copy; the unit's own files first."""
    seen: set[bytes] = set()
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in sorted(volumes.readings(image, []), key=lambda each: each.kind == "squashfs"):
            for entry in reading.entries():
                if entry.kind == "file" and entry.size <= KEY_FILE_MAX:
                    for key in keys_in(limited(reading.content(entry))):
                        if key not in seen and len(seen) < KEYS_MAX:
                            seen.add(key)
                            yield key, f"/{entry.path} of {reading.part.name or taken.medium}"


def _rows(bench: Bench) -> Sequence[Row]:
    """The profile's rows of the user password."""
    table = bench.profile.ixit.free.get("sec_param", ())
    rows = table if isinstance(table, tuple) else (table,)
    return [row for row in rows if str(row.get("id", "")).startswith("user_password")]


def _declared(bench: Bench) -> tuple[tuple[Method, ...], str]:
    """Slow methods with their cost, and the words about what is encrypted under a key outside the chip (empty: nothing is)."""
    methods, sealed = [], ""
    for row in _rows(bench):
        protection = row.get("protection")
        if isinstance(protection, dict) and isinstance(name := protection.get("kdf"), str):
            cost = {key: value for key, value in protection.items() if isinstance(value, int) and value > 0}
            methods.append(Method(name, n=cost.get("n", 0), r=cost.get("r", 8), p=cost.get("p", 1), rounds=cost.get("rounds", 0)))
        elif isinstance(protection, dict) and "encrypted" in protection:
            sealed = f"encrypted: {protection['encrypted']}"
    return tuple(methods), sealed


def _names_it(bench: Bench, where: str) -> bool:
    """Is this the file that the profile names as the place of the password?"""
    return any((storage := str(row.get("storage", ""))) and where.startswith(f"/{storage.lstrip('/')}") for row in _rows(bench))


def realms_of(bench: Bench) -> tuple[str, ...]:
    """What digest log-ins of this one were heard to call themselves, those of others, and the product's own names; no probe by itself."""
    dut = bench.profile.dut
    usual = ("camera", "IP Camera", "IPCamera", "Login to camera", "RTSP", "Streaming Server", "onvif", "device")
    return tuple(dict.fromkeys((*bench.access.realms, dut.model, dut.producer, *usual)))


def proofs_of(bench: Bench, login: Login, names: Sequence[str] = ("md5", "sha256")) -> Iterator[tuple[str, str]]:
    """What opens a digest log-in in place of the password, as hex, by every realm that cameras go by; no probe by itself."""
    for realm in realms_of(bench):
        for name in names:
            yield realm, hashlib.new(name, f"{login.user}:{realm}:{login.password}".encode(), usedforsecurity=False).hexdigest()


def _kept(store: Store, where: str) -> Kept:
    return Kept(method=store.method, strength=store.strength, rounds=store.rounds, memory_kib=store.memory_kib, where=where)


def _within(text: bytes, store: Store) -> bool:
    return any(text in used or used in text for used in store.used)

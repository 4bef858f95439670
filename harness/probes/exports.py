"""Files that an owner takes out of a device: what can be read in them, and what the device and another unit make of them."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Undone
from harness.model.api import ApiEndpoint, Export
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.recipe import ActionName
from harness.model.secret import Credential, Secret
from harness.probes import device
from harness.probes.actions import change
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import Decided, State, label_of
from harness.probes.actions.recipe import Play, Played, WebSession
from harness.probes.export_ciphers import hidden
from harness.probes.export_files import TooMuch, altered, layers, private_keys
from harness.probes.function_answers import Leaves, changed
from harness.probes.function_keys import Asker
from harness.probes.functions import request_of_call, service_of, state_of, state_or_none, volatile_of
from harness.probes.images.needles import Needles
from harness.probes.password_store import proofs_of
from harness.transports.templates import NOT_TRIED, Variables

NO_KEY, WRONG_KEY, LIKE_KEY = "no key", "a wrong key", "a key that begins like its own"
WITHOUT_KEY = (NO_KEY, WRONG_KEY, LIKE_KEY)
KEY_BYTES, ALIKE = 18, 8  # of 24 letters the first eight are its own
VERSIONS, SHOWN = 4, 20
TAKEN_MOST = 4  # altered files that are imported; more of them tell nothing new
KEPT = "exported"
_LABEL = re.compile("⟦[^⟧]*⟧")
_SECRET_NAME = re.compile(r"pass|pwd|secret|psk|token|key", re.IGNORECASE)
_USER_NAME = re.compile(r"user|name|account|login", re.IGNORECASE)


class Made(Decided):
    """One file as its owner got it; `found` is what can be read in it, `untold` what was not searched, `marked` whether it holds a state
    that the device was in when it was made and is not in any more. The bytes stay in the gate under `live`."""

    kind: Export
    unit: str
    sha256: str = ""
    size: int = 0
    live: str = ""
    found: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    marked: bool = False

    @property
    def readable(self) -> bool:
        """Does it hold a credential or key that can be read? Undecided where there is no file, or it was not searched to its end."""
        if self.found:
            return True
        if not self.granted or self.untold:
            raise Undecided(f"{self.asked}: {'; '.join(self.untold) or self.why}")
        return False


class Taken(Decided):
    """What came of the unaltered file on the unit that made it."""

    changed: tuple[str, ...] = ()


class Offered(Frozen):
    """One altered file; `changed` are places of the device's state that differ since."""

    how: str
    asked: str
    state: State
    why: str
    sha256: str
    changed: tuple[str, ...] = ()

    @property
    def taken(self) -> bool:
        """Was it imported, whatever the answer said? Undecided where an answer is unclear."""
        if self.changed or self.state == "granted":
            return True
        if self.state == "unclear":
            raise Undecided(f"{self.asked}: {self.why}")
        return False


class Trial(Frozen):
    """All altered forms of one file."""

    asked: str
    offered: tuple[Offered, ...]


class Carried(Frozen):
    """What another unit made of the file; `opened` are credentials of the first unit, or planted there, that open the other one since."""

    asked: str
    state: State
    why: str
    changed: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def carried(self) -> bool:
        """Did secrets come along? Undecided where that was not seen."""
        if self.opened:
            return True
        if self.unclear or (self.state == "unclear" and not self.changed):
            raise Undecided(f"{self.asked}: {'; '.join((self.why, *self.unclear))}")
        return False


class PutBack(Undone):
    """What was planted or imported is gone, and the owner is let in."""

    found: str


@acts("change")
def unplant(bench: Bench, kind: Export) -> PutBack:
    """After a file of this kind was made."""
    return _put_back(bench, kind.id)


@acts("change")
def take_back(bench: Bench, made: Made) -> PutBack:
    """After the file, altered or not, was offered."""
    return _put_back(bench, made.kind.id)


@acts("change")
def take_back_there(bench: Bench, made: Made, how: str) -> PutBack:
    """The same on another unit."""
    return _put_back(bench, f"{made.kind.id} with {how}")


@acts("change", undo=unplant)
def make(bench: Bench, kind: Export) -> Made:
    """Plant what the profile says how to take back, have the file made, take it back; then look for every secret that is known."""
    key = _new_key(bench)
    _each(bench, plant=True)
    there = _state(bench)
    session = _session(bench, "export", kind)
    played = _play(bench, "export", kind, session, key)
    _each(bench, plant=False)
    asked, outcome = f"the file {kind.id}", played.outcome
    reply = played.exchanges[-1].reply
    data = reply.body
    if outcome.state != "granted" or not data:
        return Made(kind=kind, unit=bench.sample.name, state="unclear", why=f"no file: {outcome.why}", asked=asked)
    found, untold = _searched(bench, data, _known(bench, session, key))
    if reply.truncated:
        untold = (*untold, "it is longer than what is read of an answer")
    return Made(
        kind=kind,
        unit=bench.sample.name,
        state="granted",
        why=outcome.why,
        asked=f"{asked}: {found[0]}" if found else asked,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        live=bench.between.keep(KEPT, _File(data, key, bench.access.reveal(key)[:ALIKE])),
        found=found,
        untold=untold,
        marked=bool(_differs(bench, there)),
    )


@acts("change", undo=take_back)
def take_own(bench: Bench, made: Made) -> Taken:
    """Import the file unaltered, with its key; that it took effect is seen where it holds another state than the device's."""
    file, before = _file(bench, made), _state(bench)
    played = _offer(bench, made, file.data, file.key)
    differs = _differs(bench, before)
    _each(bench, plant=False)
    asked, state, why = f"import {made.kind.id} unaltered", played.outcome.state, played.outcome.why
    if state == "granted" and made.marked and not differs:
        state, why = "unclear", f"{why}; nothing changed to what is in the file"
    return Taken(state=state, why=why, asked=asked, changed=differs)


@acts("change", undo=take_back)
def offer_altered(bench: Bench, made: Made) -> Trial:
    """Import it altered in many ways, each with its key; what one changed is put back before the next; a few that were taken will do."""
    return Trial(asked=f"{made.kind.id}, altered", offered=tuple(_altered(bench, made)))


@acts("change", undo=take_back_there)
def carry(bench: Bench, made: Made, how: str) -> Carried:
    """Import it, as it is but without its key, into this unit, which did not make it; then try what would come along."""
    file, before = _file(bench, made), _state(bench)
    outcome = _offer(bench, made, file.data, _other_key(bench, file, how)).outcome
    differs, asked = _differs(bench, before), f"{made.kind.id} of {made.unit} on {bench.sample.name} with {how}"
    told = Carried(asked=asked, state=outcome.state, why=outcome.why, changed=differs)
    if outcome.state == "refused" and not differs:
        return told
    opened, unclear = _opened(bench, made.unit)
    _each(bench, plant=False)
    asked += f": opened by {opened[0]}" if opened else ""
    return told.model_copy(update={"opened": opened, "unclear": unclear, "asked": asked})


@dataclass(frozen=True)
class _File:
    """What was exported, the key of its user, and how that begins."""

    data: bytes
    key: Secret
    begins: str


def _file(bench: Bench, made: Made) -> _File:
    if not made.live:
        raise Undecided(f"there is no {made.asked}: {made.why}")
    kept = bench.between.get(made.live)
    assert isinstance(kept, _File)  # noqa: S101 - nothing else is kept under this name
    return kept


def _altered(bench: Bench, made: Made) -> Iterator[Offered]:
    file, now, taken = _file(bench, made), _state(bench), 0
    for how, data in altered(file.data):
        bench.doing.text = f"{made.kind.id}: {how}"
        outcome = _offer(bench, made, data, file.key).outcome
        differs = _differs(bench, now)
        asked = f"{made.kind.id}, {how}" + (f": changed {differs[0]}" if differs else "")
        digest = bench.attach(data) if differs or outcome.state == "granted" else hashlib.sha256(data).hexdigest()
        yield Offered(how=how, asked=asked, state=outcome.state, why=outcome.why, sha256=digest, changed=differs)
        if differs or outcome.state == "granted":
            _each(bench, plant=False)
            now, taken = _state(bench), taken + 1
        if taken >= TAKEN_MOST:
            return


def _offer(bench: Bench, made: Made, data: bytes, key: Secret | None) -> Played:
    """Import once; a device that restarts over it is waited for."""
    session = _session(bench, "import", made.kind)
    played = _play(bench, "import", made.kind, session, key, data)
    if not device.answers_again(bench):
        raise Undecided(f"the device does not answer within {device.BACK_S:g} s after an import of {made.kind.id}")
    return played


def _play(bench: Bench, action: ActionName, kind: Export, session: WebSession, key: Secret | None, data: bytes = b"") -> Played:
    recipe = bench.profile.actions[action][kind.id]
    digests = {"sha256": hashlib.sha256(data).hexdigest(), "md5": hashlib.md5(data, usedforsecurity=False).hexdigest()}
    plain = {"address": bench.sample.address, "size": str(len(data)), **digests}
    taken = {"key": key} if key is not None and kind.key else {}
    variables = Variables({"user": (bench.credential("owner"), NOT_TRIED)}, taken, plain, data)
    return Play(bench, recipe, variables, f"{action} {kind.id}", session).run()


def _session(bench: Bench, action: ActionName, kind: Export) -> WebSession:
    recipe = bench.profile.recipe(action, kind.id)
    if recipe is None:
        raise NotPossible(f"no way is known to {action} {kind.id}: no recipe actions.{action}.{kind.id} in the profile")
    return WebSession() if recipe.inside == "none" else session_of(bench, recipe.inside or kind.id, bench.credential("owner"))


def _new_key(bench: Bench) -> Secret:
    return bench.access.keep_secret(f"{bench.sample.name}/export-key", secrets.token_urlsafe(KEY_BYTES))


def _other_key(bench: Bench, file: _File, how: str) -> Secret | None:
    """What is shown in place of the file's own key."""
    if how == NO_KEY:
        return None
    begun = file.begins if how == LIKE_KEY else ""
    return bench.access.keep_secret(f"{bench.sample.name}/export-key", begun + secrets.token_urlsafe(KEY_BYTES)[len(begun) :])


def _planted(bench: Bench) -> list[ApiEndpoint]:
    """Calls of the owner's that change something and that another call takes back."""
    endpoints = bench.profile.ixit.api.endpoints
    return [each for each in endpoints if each.undo is not None and each.does == "change" and each.role != "anyone"]


def _each(bench: Bench, *, plant: bool) -> None:
    """Plant them all, or take them back in reverse; one that is refused was not there."""
    for endpoint in _planted(bench) if plant else reversed(_planted(bench)):
        call = endpoint if plant else endpoint.undo
        if call is not None:
            Asker(bench, service_of(bench, endpoint)).as_owner(request_of_call(call))


def _state(bench: Bench) -> dict[str, Leaves] | None:
    """None where no endpoint holds it: answers alone tell then."""
    if not any(each.state for each in bench.profile.ixit.api.endpoints):
        return None
    return state_of(bench)


def _differs(bench: Bench, before: dict[str, Leaves] | None) -> tuple[str, ...]:
    return () if before is None else changed(before, state_or_none(bench), volatile_of(bench))[:SHOWN]


def _known(bench: Bench, session: WebSession, key: Secret) -> dict[str, str]:
    """Every secret that the file may hold, by label: passwords, the session that asked for it, what was planted, the key itself."""
    owner = bench.credential("owner")
    logins = {label_of(bench, each): bench.access.login(each, NOT_TRIED) for each in bench.latest(owner, VERSIONS)}
    known = {name: login for name, login in logins.items() if login is not None}
    found = {name: login.password for name, login in known.items()}
    for name, login in known.items():
        found |= {f"{name}, as digest log-ins of {realm!r} take it": made for realm, made in proofs_of(bench, login, ("md5",))}
    labels = {label for _, shown in session.shown for label in _LABEL.findall(shown)}
    found |= {label: bench.access.reveal(Secret(label=label)) for label in sorted(labels)}
    found |= {f"the planted secret {value}": value for _, value in _accounts(bench)}
    return {**found, key.label: bench.access.reveal(key)}


def _accounts(bench: Bench) -> Iterator[tuple[str, str]]:
    """User names and secrets that are planted by calls of the profile; they are public there."""
    for endpoint in _planted(bench):
        body = endpoint.json_body if isinstance(endpoint.json_body, dict) else {}
        texts = {name: value for name, value in body.items() if isinstance(value, str)}
        user = next((value for name, value in texts.items() if _USER_NAME.search(name) and not _SECRET_NAME.search(name)), "")
        yield from ((user, value) for name, value in texts.items() if _SECRET_NAME.search(name))


def _searched(bench: Bench, data: bytes, known: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What can be read in the file, and what was not searched."""
    needles = Needles(known)
    found: dict[str, None] = {}
    untold = [f"{label} is too short to be searched for" for label in needles.short]
    try:
        for place, content in layers(data):
            for hit in needles.look(iter([content]), place):
                found[f"{hit.label}{f' as {hit.spelled}' if hit.spelled else ''} in {hit.place}"] = None
            found |= dict.fromkeys(f"{label} as {how} in {place}" for label, how in hidden(content, known))
            found |= dict.fromkeys(f"{key} in {place}" for key in private_keys(content))
    except TooMuch as much:
        untold.append(str(much))
    if found:
        bench.attach(data)
    return tuple(found)[:SHOWN], tuple(untold)


def _opened(bench: Bench, unit: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which of the first unit's credentials open this one now, and what got no answer that counts."""
    owner = bench.credential("owner")
    tried: dict[str, Credential] = {f"the planted account {user}": owner.listed(word, user) for user, word in _accounts(bench) if user}
    tried[f"the owner's password of {unit}"] = owner.of_other(unit)
    opened, unclear = [], []
    for name, who in tried.items():
        for surface in reachable(bench):
            try:
                state = let_in(bench, surface, who).state
            except (DeviceSilent, Undecided) as doubt:
                unclear.append(f"{name} on {surface.id}: {doubt}")
                continue
            if state == "granted":
                opened.append(f"{name} on {surface.id}")
            elif state == "unclear":
                unclear.append(f"{name} on {surface.id}: the answer is unclear")
    if any("owner's" in each for each in opened):
        _owner_back(bench, owner.of_other(unit))
    return tuple(opened), tuple(unclear[:SHOWN])


def _owner_back(bench: Bench, present: Credential) -> None:
    """Where the other unit's password came into force, this unit's own is set again."""
    own = bench.credential("owner").at(bench.current_version(bench.credential("owner")))
    for way in change.ways(bench):
        with suppress(Undecided, NotPossible):
            if change.ask(bench, change.prepare(bench, way, present), present, present, own).granted:
                return


def _put_back(bench: Bench, what: str) -> PutBack:
    if not device.answers_again(bench):
        raise NotRestored(f"the device does not answer within {device.BACK_S:g} s after {what}; recover it by its guide")
    _each(bench, plant=False)
    return PutBack(found=device.bring_to(bench, "normal").how)

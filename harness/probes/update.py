"""Update packages, offered over every declared path: bad ones, and the official one; what the device then runs and has on its flash."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Undone
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.operator import Words
from harness.model.package import PackageKind, PackageLayout
from harness.model.profile import UpdMech
from harness.probes import device, package_changes
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided
from harness.probes.actions.outcome import State as Reply
from harness.probes.actions.perform import perform
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.flash_volumes import Volumes, volumes
from harness.probes.life_phases import Left, mains_outage, restart
from harness.probes.operator import confirmed
from harness.probes.update_server import answers, fetched
from harness.transports.packages import Package
from harness.transports.recorders import StandIn
from harness.transports.templates import NOT_TRIED, Variables

NETWORK = "network"
OTHER_MODEL = "for another model"
FOREIGN: tuple[tuple[str, PackageKind], ...] = (("signed with another key", "foreign_key"), (OTHER_MODEL, "other_model"))
AT_QUICK = (package_changes.UNSIGNED[0], f"{package_changes.PAYLOAD[-1]}{package_changes.RENEWED}", FOREIGN[0][0])
LOOK_S, FETCH_MOST_S, TAKE_S, INSTALL_S, INSTALL_MOST_S = 5.0, 120.0, 60.0, 30.0, 600.0


class Seen(Frozen):
    """What the device runs, as it says, and the digests of its partitions; either may be unknown."""

    version: str = ""
    volumes: Volumes = ()

    def other_than(self, before: "Seen") -> bool:
        """Has anything changed? Undecided where neither was read."""
        known = [(a, b) for a, b in ((self.version, before.version), (self.volumes, before.volumes)) if a and b]
        if not known:
            raise Undecided("neither the version that the device runs nor its flash could be read")
        return any(now != then for now, then in known)


class Offered(Frozen):
    """One bad package on one path; `doubt` says why its refusal proves nothing, `left_out` why it was not offered."""

    path: str
    how: str
    asked: str
    sha256: str = ""
    size: int = 0
    reply: Reply = "unclear"
    why: str = ""
    before: Seen = Seen()
    after: Seen = Seen()
    doubt: str = ""
    left_out: str = ""

    @property
    def installed(self) -> bool:
        """Did it change what the device runs or has on its flash?"""
        if self.left_out:
            raise NotPossible(f"{self.asked}: {self.left_out}")
        if self.after.other_than(self.before):
            return True
        if self.doubt:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return False


class Trial(Frozen):
    """All bad packages on one path, and what was there after a restart; `held_back` were not offered at effort quick."""

    path: str
    asked: str
    offered: tuple[Offered, ...]
    before_restart: Seen = Seen()
    after_restart: Seen = Seen()
    no_restart: str = ""
    held_back: int = 0

    @property
    def left_behind(self) -> bool:
        """Did a package that had been refused come into force by a restart?"""
        if self.no_restart:
            raise Undecided(f"{self.asked}: {self.no_restart}")
        return self.after_restart.other_than(self.before_restart)


class Installed(Decided):
    """Granted when the device runs the official package's version; `before` and `after` are what it ran."""

    path: str
    sha256: str
    before: Seen
    after: Seen

    @property
    def on_flash(self) -> bool:
        """Is the flash that was read the one that this device writes to? True where it is not read."""
        known = bool(self.before.volumes and self.after.volumes) and self.before.version != self.after.version
        return not known or self.before.volumes != self.after.volumes


class Restored(Undone):
    """`found`: the version under test, or why the device was left with another."""

    found: str


@acts("flash")
def put_back(bench: Bench, path: str) -> Restored:
    """The version under test, where the bench has its package and the device takes it."""
    if bench.stand_in is not None:
        bench.stand_in.serve(())
    if not device.answers_again(bench):
        raise NotRestored(f"the device does not answer within {device.BACK_S:g} s after an update over {path}; recover it by its guide")
    return Restored(found=_put_back(bench))


@acts("flash", undo=put_back)
def offer_bad(bench: Bench, path: str) -> Trial:
    """Unsigned, altered, foreign and misdirected packages, one after the other; then a restart, which may bring one into force."""
    asked = f"bad packages over {path}"
    try:
        desk = _desk(bench, path)
        _put_back(bench)
        bad = tuple(desk.bad())
        chosen = bad if bench.effort == "full" else tuple(each for each in bad if each[0] in AT_QUICK)
        if len(chosen) < len(bad):
            bench.spare(f"{len(chosen)} of {len(bad)} bad packages")
        return _tried(desk, chosen, Trial(path=path, asked=asked, offered=(), held_back=len(bad) - len(chosen)))
    except NotPossible as error:
        return Trial(path=path, asked=asked, offered=(Offered(path=path, how="", asked=asked, left_out=str(error)),), no_restart=str(error))


def _tried(desk: "_Desk", chosen: Sequence[tuple[str, bytes, str]], trial: Trial) -> Trial:
    """A restart after those that the producer did not sign, and one after that for another model: it may clear away what waits."""
    for rightly_signed in (False, True):
        some = tuple(each for each in chosen if (each[0] == OTHER_MODEL) is rightly_signed)
        if some and not (trial.no_restart or trial.after_restart != trial.before_restart):
            offered = (*trial.offered, *desk.offer_all(some))
            before = seen(desk.bench)
            restarted = {"no_restart": _restarted(desk.bench), "before_restart": before, "after_restart": seen(desk.bench)}
            trial = trial.model_copy(update={"offered": offered, **restarted})
    return trial


@acts("flash", undo=put_back)
def install_official(bench: Bench, path: str) -> Installed:
    """The producer's own package; the device runs its version in the end."""
    desk = _desk(bench, path)
    _put_back(bench)
    before, package = seen(bench), desk.official
    asked, digest = f"the official package {package.version} over {path}", bench.attach(package.data)
    _, why, doubt = desk.send(package.data, package.version)
    after = _awaited(bench, package.version)
    if after.version == package.version and (before.version != package.version or after.other_than(before)):
        return Installed(state="granted", why=why, asked=asked, path=path, sha256=digest, before=before, after=after)
    if not after.version or before.version == package.version:
        doubt = doubt or "the version tells nothing: unknown, or that of the package before"
    elif not (package.vouched or package_changes.proven(package.data, desk.layout)):
        doubt = doubt or "nothing says that the package is whole: no sha256 in the bench file and no digest in its layout"
    state: Reply = "unclear" if doubt else "refused"
    return Installed(state=state, why=f"{why}; {doubt}", asked=asked, path=path, sha256=digest, before=before, after=after)


def seen(bench: Bench) -> Seen:
    """Version and partitions now. No probe by itself."""
    return Seen(version=device.facts(bench).get("firmware", ""), volumes=volumes(bench))


@dataclass(frozen=True)
class _Desk:
    """What is offered over one path."""

    bench: Bench
    path: str
    row: UpdMech
    layout: PackageLayout
    official: Package

    def bad(self) -> Iterator[tuple[str, bytes, str]]:
        """What is wrong with each, its bytes, and why it is not there."""
        for how in package_changes.possible(self.layout):
            yield how, package_changes.changed(self.official.data, self.layout, how), ""
        for how, kind in FOREIGN:
            package = self.bench.packages.get(kind) if self.bench.packages else None
            yield how, package.data if package else b"", "" if package else f"the bench file has no packages.{kind}"

    def offer_all(self, chosen: Sequence[tuple[str, bytes, str]]) -> Iterator[Offered]:
        """One after the other; what one changed is put back before the next."""
        now = seen(self.bench)
        for how, package, why_not in chosen:
            told = self._offer(how, package, why_not, now)
            yield told
            now = told.after if not why_not else now
            with suppress(Undecided):
                if told.after.other_than(told.before):
                    _put_back(self.bench)
                    now = seen(self.bench)

    def _offer(self, how: str, package: bytes, why_not: str, before: Seen) -> Offered:
        asked = f"package {how}, over {self.path}"
        self.bench.doing.text = asked
        if why_not:
            return Offered(path=self.path, how=how, asked=asked, left_out=why_not)
        digest = hashlib.sha256(package).hexdigest()
        reply, why, doubt = self.send(package, self.official.version)
        if not device.answers_again(self.bench):
            raise Undecided(f"the device does not answer within {device.BACK_S:g} s after a {asked}")
        told = Offered(path=self.path, how=how, asked=asked, sha256=digest, size=len(package), reply=reply, why=why, before=before)
        return told.model_copy(update={"after": seen(self.bench), "doubt": doubt})

    def send(self, package: bytes, version: str) -> tuple[Reply, str, str]:
        """The answer, its reason, and why an unchanged device would prove nothing."""
        if self.path == NETWORK:
            return self._by_network(package, version)
        reply, why = self._by_recipe(package, version) if self.path in self._recipes() else self._by_operator(package)
        if reply != "refused":
            self.bench.wait(TAKE_S)
        return reply, why, f"its answer is unclear: {why}" if reply == "unclear" else ""

    def _recipes(self) -> tuple[str, ...]:
        return tuple(self.bench.profile.actions.get("offer_update", {}))

    def _by_network(self, package: bytes, version: str) -> tuple[Reply, str, str]:
        """From the stand-in of the update server; the device's own answers say only that it was told to look."""
        stand_in = self.bench.stand_in
        if stand_in is None:
            raise NotPossible(self.bench.lacks.get("stand_in", "no router of the lab's own"))
        known, since = answers(self.row, package, version, urlsplit(self.row.url).hostname or ""), len(stand_in.served())
        stand_in.serve(known)
        try:
            why = perform(self.bench, "check_update").why
            self.bench.wait(LOOK_S)
            with suppress(NotPossible):
                why = f"{why}; {perform(self.bench, 'install_update').why}"
            whole = self._fetched(stand_in, since, len(package))
            self.bench.wait(TAKE_S)
        finally:
            stand_in.serve(())
        return "unclear", why, "" if whole else f"the package was not fetched from {known[0].host}, so nothing looked at it ({why})"

    def _fetched(self, stand_in: StandIn, since: int, size: int) -> bool:
        """Was the whole package sent, in the time that a slow line takes?"""
        waited = 0.0
        while not fetched(stand_in.served()[since:], size, self.bench.sample.address):
            if waited >= FETCH_MOST_S:
                return False
            self.bench.wait(LOOK_S)
            waited += LOOK_S
        return True

    def _by_recipe(self, package: bytes, version: str) -> tuple[Reply, str]:
        bench, recipe, owner = self.bench, self.bench.profile.actions["offer_update"][self.path], self.bench.credential("owner")
        digests = {"sha256": hashlib.sha256(package).hexdigest(), "md5": hashlib.md5(package, usedforsecurity=False).hexdigest()}
        plain = {"address": bench.sample.address, "version": version, "size": str(len(package)), **digests}
        try:
            session = WebSession() if recipe.inside == "none" else session_of(bench, recipe.inside or self.path, owner)
            variables = Variables({"user": (owner, NOT_TRIED)}, plain=plain, package=package)
            outcome = Play(bench, recipe, variables, f"offer a package by {self.path}", session).run().outcome
        except (DeviceSilent, Undecided) as doubt:
            return "unclear", str(doubt)
        return outcome.state, outcome.why

    def _by_operator(self, package: bytes) -> tuple[Reply, str]:
        if self.bench.operator is None:
            raise NotPossible(f"no way is known to offer a package by {self.path}: no recipe actions.offer_update.{self.path}")
        digest = self.bench.attach(package)
        words = Words(
            en=f"Give the camera the package artefacts/{digest} of this run by {self.path}, and have it installed. Does it take it?",
            zh=f"请通过 {self.path} 向摄像机提供本次运行 artefacts/{digest} 的升级包并安装。摄像机是否接受？",
        )
        answer = confirmed(self.bench, f"update.{self.path}", words)
        return ("granted" if answer.value == "yes" else "refused"), str(answer)


def _desk(bench: Bench, path: str) -> _Desk:
    row = next((each for each in bench.profile.ixit.upd_mech if path in each.paths), None)
    if row is None or row.layout is None:
        raise Undecided(f"ixit.upd_mech has no layout of the packages for {path}; it says which bytes to alter")
    official = bench.packages.get("official") if bench.packages else None
    if official is None:
        raise NotPossible("no update packages of the producer: the bench file has no packages.official")
    if wrong := package_changes.damage(official.data, row.layout):
        raise Undecided(f"the official package is damaged, or the layout in ixit.upd_mech is wrong: {wrong}")
    return _Desk(bench, path, row, row.layout, official)


def _put_back(bench: Bench) -> str:
    """By the first path that does it."""
    current, now = bench.packages.get("current") if bench.packages else None, seen(bench).version
    if current is None or not current.version or now == current.version:
        return f"the device runs {now or 'an unknown version'}"
    for path in sorted((path for row in bench.profile.ixit.upd_mech for path in row.paths), key=lambda path: path == NETWORK):
        with suppress(Undecided, NotPossible):
            _desk(bench, path).send(current.data, current.version)
            if (now := _awaited(bench, current.version).version) == current.version:
                return f"put back to {now} over {path}"
    return f"the device was left with {now or 'an unknown version'}: it does not take {current.version} any more"


def _awaited(bench: Bench, version: str) -> Seen:
    """What it runs once it runs this version, or when that was waited for in vain."""
    waited = 0.0
    while True:
        if not device.answers_again(bench):
            return Seen()
        found = seen(bench)
        if found.version == version or waited >= INSTALL_MOST_S:
            return found
        bench.wait(INSTALL_S)
        waited += INSTALL_S


def _restarted(bench: Bench) -> str:
    """Why that was not possible; empty when it restarted."""
    why: list[str] = []
    for way in (restart, mains_outage):
        try:
            way(bench)
        except (Left, NotPossible, Undecided) as error:
            why.append(str(error))
        else:
            return ""
    return f"it was not restarted: {'; '.join(why)}"

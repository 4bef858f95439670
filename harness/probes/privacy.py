"""Privacy mode: begun and ended, and every way on which a picture or sound could still come out of the device meanwhile."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.operator import Answer, Words
from harness.model.privacy import Shown
from harness.model.recipe import NO_SESSION
from harness.probes import capture, viewers
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided, Outcome, close_live
from harness.probes.actions.perform import perform, perform_by, ways_of
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.captures.meanwhile import Flow
from harness.probes.device import OWNER
from harness.probes.film import FORMS, elementary, wrapped
from harness.probes.life_phases import EFFECT_S
from harness.probes.operator import confirmed
from harness.probes.playing import NotServed, Playing, catch_up, collect
from harness.probes.playing import play as play_stream
from harness.probes.rtsp_paths import Path, allowed_paths, declared_paths, offered_paths, url_of
from harness.probes.scene import KEPT, TONE_HZ, Film, Scene, film_of, known, sound_of
from harness.probes.snapshot import fetched
from harness.probes.snapshot_paths import Place, offered_places
from harness.probes.sound import is_short
from harness.probes.viewers import Removed
from harness.transports.decoder import Grid, frames
from harness.transports.templates import NOT_TRIED, Variables

FOLLOW_S = 5.0  # a lens that turns away and back
LINGER_TURNS, TURN_S = 10, 1.0  # no buffer of a stream lasts longer than that
LOOK_S, LATE_S, LONGER_S, TRIES, AT_ONCE = 0.6, 0.5, 0.3, 17, 4
STREAM = "privacy-stream"
LARGE, FAR_LESS = 6 << 10, 4  # bytes that a picture has at least; what is sealed is none where much more was sent with one
FILM_LEAST, FILM_PER_S = 64 << 10, 4 << 10  # of the smallest film that shows a room
SHOWN_MAX = 40
SCENE = Words(
    en="Have something with clear shapes move before the camera (a turning fan, a film on a screen), and a tone of 1 kHz play beside it, "
    "until you are asked again. Do both?",
    zh="请在摄像机前放置轮廓清晰且持续运动的物体（转动的风扇、屏幕上的影片），并在旁边播放 1 kHz 单音，直至下一次提问。两者是否都在进行？",
)


class Switched(Decided):
    """What came of beginning or ending it, and when that should have had its effect (seconds since 1970)."""

    way: str
    at: float = 0.0


class Ended(Decided):
    """It is off."""


class Attempted(Decided):
    """Somebody who is not the owner asked for its end."""


@reads()
def scene(bench: Bench) -> Answer:
    """Something is to be seen and heard."""
    return confirmed(bench, "privacy.scene", SCENE)


@reads()
def ways(bench: Bench) -> tuple[str, ...]:
    """How it can be begun; NotPossible when nothing is known."""
    return ways_of(bench, "privacy_on")


@acts("change")
def end_again(bench: Bench) -> Ended:
    """By any way, whoever began it; NotRestored when none grants it."""
    done = perform(bench, "privacy_off")
    if done.state != "granted":
        raise NotRestored(f"privacy mode could not be ended: {done.why}")
    return Ended(state=done.state, why=done.why, asked=done.asked)


@acts("change", undo=end_again)
def begin(bench: Bench, way: str, within: float) -> Switched:
    """As its owner by one way; then wait as long as the device may take."""
    done = perform_by(bench, "privacy_on", way)
    bench.wait(within)
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way, at=time.time())


@acts("change")
def end(bench: Bench) -> Switched:
    """As its owner, by any way."""
    done = perform(bench, "privacy_off")
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way)


@acts("change", undo=end_again)
def come_and_go(bench: Bench) -> Switched:
    """As its owner begin it by each way and end it again, each time long enough for the device to follow."""
    try:
        ways = ways_of(bench, "privacy_on")
    except NotPossible as none:
        return Switched(state="unclear", why=str(none), asked="privacy mode and its end", way="")
    done = []
    for way in ways:
        done.append(perform_by(bench, "privacy_on", way))
        bench.wait(FOLLOW_S)
        done.append(perform(bench, "privacy_off"))
        bench.wait(FOLLOW_S)
    worst = next((each for each in done if each.state != "granted"), done[-1])
    return Switched(state=worst.state, why=worst.why, asked="privacy mode and its end", way=", ".join(ways), at=time.time())


@acts("change")
def no_viewer(bench: Bench) -> Removed:
    """No viewer is left."""
    return viewers.make_sure_removed(bench)


@acts("change", undo=no_viewer)
def others_end(bench: Bench) -> tuple[Attempted, ...]:
    """Ask for its end with no session, and as a viewer where the owner can make one; by every recipe."""
    who = ["nobody"]
    if bench.profile.actions.get("add_viewer"):
        made = viewers.add(bench)
        if made.state != "granted":
            raise Undecided(f"the owner could not make a viewer: {made.why}")
        who.append(viewers.VIEWER)
    recipes = bench.profile.actions.get("privacy_off", {})
    if not recipes:
        raise NotPossible("how others would end it is not known: no recipe actions.privacy_off in the profile")
    return tuple(_attempted(name, _ended_by(bench, name, way)) for name in who for way in recipes)


@acts("login")
def play(bench: Bench) -> tuple[str, ...]:
    """Every declared stream with all tracks; they go on playing, and are known by these names."""
    return tuple(bench.keep(STREAM, play_stream(bench, path)) for path in declared_paths(bench))


@acts("login")
def watch(bench: Bench, playing: Sequence[str]) -> tuple[Shown, ...]:
    """What streams show that play already, after all that was on its way; then those and new ones once they have played on for some
    seconds, and leave them."""
    lives = [live for name in playing if isinstance(live := bench.live(name), Playing)]
    try:
        going = [live for live in lives if not catch_up(bench, live)]
        over = collect(bench, going, LATE_S)
        _forget(lives)
        shown = _looked(bench, [live for live in going if live not in over], "playing")
        lives += _begun(bench)
        going = _linger(bench, lives)
        _forget(going)
        shown += _looked(bench, going, "lasting")
        return shown or (Shown(way="each stream that played", kind="stream", why="the device ended it"),)
    finally:
        for live in lives:
            close_live(live)


@acts("login")
def learned(bench: Bench) -> bool:
    """Is it known what there is to be seen? Looks, where nobody has looked in this process."""
    if known(bench) is None:
        everything(bench)
    return bool(_scene(bench).known)


@acts("login")
def everything(bench: Bench, allowed: bool = False) -> tuple[Shown, ...]:
    """What new streams by each transport and still pictures show; `allowed`: by UDP too, where streams without TLS are.

    The first time this is learned, to be known again.
    """
    first, seen = known(bench) is None, _scene(bench)
    ways = [(path, transport) for path in (offered_paths(bench) if _has_streams(bench) else ()) for transport in path.ways]
    ways += [(path, "udp") for path in (allowed_paths(bench) if allowed else ())]
    left, streams = deque(ways), list[Shown]()
    while left:
        streams += _new_streams(bench, left, learn=first)
    return (*streams, *(_still(bench, seen, place) for place in offered_places(bench)))


@acts("login")
def event(bench: Bench) -> tuple[Shown, ...]:
    """What an event has the device send to the outside, as far as the stand-in internet could read it. One that is refused is one too."""
    seen, stand_in = _scene(bench), bench.stand_in
    if stand_in is None:
        raise NotPossible("nobody sees what the device sends to the outside: the bench has no router of the lab's")
    before, since = _volumes(bench), time.time()
    done = perform(bench, "trigger_event")
    bench.wait(EFFECT_S)
    bodies = [each for each in stand_in.uploads(since) if each.source == bench.sample.address or ":" in each.source]
    read = Counter[str]()
    shown = []
    for each in bodies:
        read[each.host] += each.size
        shown.append(_sent(bench, seen, f"what an event sends to {each.host} {each.target}"[:200], each.body, each.size))
    sealed = {name: size - read[name] for name, size in (_volumes(bench) - before).items()}
    shown += [
        Shown(way=f"what an event sends to {name}", kind="sent", seen="unclear", size=size, why="it could not be read")
        for name, size in sealed.items()
        if size > max(LARGE, seen.sealed.get(name, 0) // FAR_LESS)
    ]
    seen.sealed = seen.sealed or sealed
    return tuple(shown[:SHOWN_MAX]) or (Shown(way="what an event sends", kind="sent", why=f"the event: {done.state}"),)


@reads()
def sent_since(bench: Bench, at: float) -> tuple[Shown, ...]:
    """What the capture shows that went to others than us since then: film in the clear is known again, as much as a film is unclear."""
    flows, lost = capture.flows_since(bench, at)
    gaps = [f"not all was recorded: {why}"[:300] for why in lost[:1]]
    found = [Shown(way="what was sent to others", kind="sent", seen="unclear", why=why) for why in gaps]
    for flow in flows:
        shown = _flowed(bench, _scene(bench), flow, time.time() - at)
        found += [shown] if shown.seen != "nothing" else []
    return tuple(found[:SHOWN_MAX]) or (Shown(way="what was sent to others", kind="sent", size=sum(flow.size for flow in flows)),)


def is_open(shown: Shown) -> bool:
    """Does this way let out what it should while nothing forbids it? What cannot be read is something."""
    if shown.kind in ("sent", "stored"):
        return shown.seen in ("scene", "unclear", "card")
    return shown.seen == "scene" and shown.sound != "silent" and (shown.kind == "still" or shown.moved > 0)


def _scene(bench: Bench) -> Scene:
    """What is known, or what there is to be learned."""
    found = known(bench)
    if found is None:
        found = Scene()
        bench.keep(KEPT, found)
    return found


def _has_streams(bench: Bench) -> bool:
    return any(entry.protocol in ("rtsp", "rtsps") for entry in bench.profile.ixit.log_intf)


def _new_streams(bench: Bench, left: deque[tuple[Path, str]], *, learn: bool) -> Iterator[Shown]:
    """Open the next together, look at them, and leave them; one that is refused shows nothing, and what was never there is left out."""
    seen, lives = _scene(bench), list[Playing]()
    try:
        while left and len(lives) < AT_ONCE:
            path, transport = left.popleft()
            try:
                lives.append(play_stream(bench, path, seen.tracks.get(url_of(bench, path), ()), transport))
            except (NotServed, DeviceSilent) as why:
                way = f"new stream {url_of(bench, path)} over {transport}"
                if learn and not (path.declared and transport == "tcp"):
                    seen.closed.add(way)
                if way not in seen.closed:
                    yield Shown(way=way, kind="stream", why=str(why)[:200])
        yield from _looked(bench, lives, "new", learn=learn)
    finally:
        for live in lives:
            close_live(live)


def _begun(bench: Bench) -> Iterator[Playing]:
    """Every declared stream, as far as it is served."""
    for path in declared_paths(bench):
        with suppress(NotServed, DeviceSilent):
            yield play_stream(bench, path)


def _linger(bench: Bench, lives: Sequence[Playing]) -> list[Playing]:
    """Let them play on, and forget what comes meanwhile; returns those that the device has not ended."""
    going = list(lives)
    for _ in range(LINGER_TURNS):
        bench.wait(TURN_S)
        going = [live for live in going if not catch_up(bench, live)]
    return going


def _forget(lives: Sequence[Playing]) -> None:
    for live in lives:
        live.packets.clear()


def _looked(bench: Bench, lives: Sequence[Playing], which: str, *, learn: bool = False) -> tuple[Shown, ...]:
    """Look at all together; longer at those of which too little came to be told: encoders begin anew, and wait for a key picture.

    A track without sound is waited for too: in the mode for as long as it took before.
    """
    late, films, seen = list(lives), dict[Playing, Film](), _scene(bench)
    patience = TRIES if learn else seen.patience
    for tries in range(TRIES):
        mute = [live for live in late if _is_mute(live)]
        over = collect(bench, late, LONGER_S if tries else LOOK_S)
        with bench.access.device_time(), ThreadPoolExecutor(AT_ONCE) as decoders:
            films |= dict(zip(late, decoders.map(film_of, late), strict=True))
        if learn and not all(map(_is_mute, mute)):
            seen.patience = max(seen.patience, tries + 1)
        late = [live for live in late if live not in over and (films[live].is_late or _is_unheard(live, wait=tries + 1 < patience))]
        if not late:
            break
    return tuple(_stream(bench, live, films[live], which, learn=learn) for live in lives)


def _is_mute(live: Playing) -> bool:
    """Was nothing heard yet of a track of sound?"""
    tracks = live.of("audio")
    return bool(tracks) and not any(live.packets.get(channel) for channel in tracks)


def _is_unheard(live: Playing, *, wait: bool) -> bool:
    """Is there more to be heard before it can be told?"""
    return is_short(live, TONE_HZ) or (wait and _is_mute(live))


def _stream(bench: Bench, live: Playing, film: Film, which: str, *, learn: bool) -> Shown:
    seen = _scene(bench)
    path, grids, why = url_of(bench, live.walk.path), film.grids, film.why
    if learn:
        seen.learn(grids)
    sound, tone, doubt = sound_of(live, seen.tones.get(path))
    if learn and sound == "heard" and tone is not None:
        seen.tones[path] = tone
    seen.tracks.setdefault(path, live.told)
    bench.note_retry_hint(f"ffplay -rtsp_transport {live.walk.transport} {path}")
    shown = seen.shown(f"{which} stream {path} over {live.walk.transport}", "stream", grids)
    told = {"sound": sound, "tone_db": tone, "why": "; ".join(each for each in (why, doubt) if each)}
    return shown.model_copy(update=told | ({"seen": "unclear"} if why else {}))


def _still(bench: Bench, seen: Scene, place: Place) -> Shown:
    way = f"still picture {place.path}"
    try:
        picture, body = fetched(bench, place, bench.credential(OWNER))
    except DeviceSilent as silence:
        return Shown(way=way, kind="still", why=str(silence)[:200])
    if not picture.given:
        return Shown(way=way, kind="still", why=f"status {picture.status}")
    return _sent(bench, seen, way, body, len(body)).model_copy(update={"kind": "still"})


def _sent(bench: Bench, seen: Scene, way: str, body: bytes, size: int) -> Shown:
    """A body: a picture, or something that wraps one; large and unreadable is unclear."""
    grids = _decoded(bench, body)
    if grids:
        return seen.shown(way, "sent", grids, size)
    unread = size > LARGE and not _is_text(body)
    return Shown(way=way, kind="sent", seen="unclear" if unread else "nothing", size=size, why="it could not be read" if unread else "")


def _flowed(bench: Bench, seen: Scene, flow: Flow, lasted_s: float) -> Shown:
    """One flow of the capture."""
    way = f"what was sent to {flow.to}"
    for codec, form in FORMS.items() if flow.size > LARGE and flow.datagrams else ():
        film = elementary(codec, flow.datagrams)
        with bench.access.device_time():
            grids = frames(film, form)
        if grids:
            return seen.shown(way, "sent", grids, flow.size)
    large = flow.size > FILM_LEAST and flow.size > FILM_PER_S * lasted_s
    why = f"{flow.size} bytes in {lasted_s:.0f} s, as much as a film" if large else ""
    return Shown(way=way, kind="sent", seen="unclear" if large else "nothing", size=flow.size, why=why)


def _decoded(bench: Bench, body: bytes) -> tuple[Grid, ...]:
    for each in (body, *wrapped(body)):
        with bench.access.device_time():
            found = frames(each, "")
        if found:
            return found
    return ()


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError as wrong:
        return wrong.start > len(body) - 4 and wrong.reason == "unexpected end of data"


def _volumes(bench: Bench) -> Counter[str]:
    """Bytes by server, of what the stand-in internet was sent by this unit."""
    sizes = Counter[str]()
    for each in bench.stand_in.received() if bench.stand_in else ():
        if each.source == bench.sample.address or ":" in each.source:
            sizes[each.inside or each.name or each.address] += each.sent
    return sizes


def _ended_by(bench: Bench, role: str, way: str) -> Outcome:
    """As somebody else would: the owner's request in the other's session, or in none."""
    recipe, who = bench.profile.actions["privacy_off"][way], bench.credential(role if role != "nobody" else OWNER)
    session = WebSession()
    if role != "nobody" and recipe.inside != NO_SESSION:
        session = session_of(bench, recipe.inside or way, who)
    accounts = {"user": (who, NOT_TRIED)} if role != "nobody" else {}
    variables = Variables(accounts, plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, f"privacy_off by {way} as {role}", session).run().outcome


def _attempted(name: str, outcome: Outcome) -> Attempted:
    return Attempted(state=outcome.state, why=outcome.why, asked=outcome.asked or f"privacy_off as {name}")

"""Has a device do something by the first way that works: standard, recipe, driver, operator."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.operator import Words
from harness.model.recipe import NO_SESSION, ActionName
from harness.probes.actions import by_driver, by_onvif
from harness.probes.actions.by_driver import DRIVER
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided, Outcome
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.operator import confirmed
from harness.transports.templates import NOT_TRIED, Variables

ASKED_OF_PEOPLE: dict[ActionName, Words] = {
    "live_view": Words(en="Open the live picture in the app. Is it shown?", zh="请在应用中打开实时画面。画面是否显示？"),
    "trigger_event": Words(
        en="Move something in front of the camera until it reports an event. Did it?",
        zh="请在摄像机前移动物体，直到其上报事件。是否已上报？",
    ),
    "check_update": Words(
        en="Have the camera look for an update, by app or page. Did it?", zh="请通过应用或网页让摄像机检查更新。是否已检查？"
    ),
    "restart": Words(en="Restart the camera, by app or page. Does it restart?", zh="请通过应用或网页重启摄像机。是否正在重启？"),
    "sound_off": Words(en="Switch the microphone off, by app or page. Is it off?", zh="请通过应用或网页关闭麦克风。是否已关闭？"),
    "sound_on": Words(en="Switch the microphone on again, by app or page. Is it on?", zh="请通过应用或网页重新打开麦克风。是否已打开？"),
    "privacy_on": Words(
        en="Begin the camera's privacy mode (or close its lens cover), by app, page or button. Is it on?",
        zh="请通过应用、网页或按键开启摄像机的隐私模式（或关闭镜头盖）。是否已开启？",
    ),
    "privacy_off": Words(
        en="End the camera's privacy mode (or open its lens cover). Is it off?", zh="请关闭摄像机的隐私模式（或打开镜头盖）。是否已关闭？"
    ),
    "clear_streams_warn": Words(
        en="Begin to allow streams without encryption, by app or page, and leave again. Was there a warning, before anything was switched?",
        zh="请通过应用或网页开始开启明文码流，然后退出。在切换之前是否出现警告？",
    ),
    "clear_streams_on": Words(
        en="Allow streams without encryption (RTSP without TLS), by app or page. Are they on?",
        zh="请通过应用或网页开启明文码流（无 TLS 的 RTSP）。是否已开启？",
    ),
    "clear_streams_off": Words(
        en="Switch streams without encryption off again, by app or page. Are they off?", zh="请通过应用或网页重新关闭明文码流。是否已关闭？"
    ),
    "reset": Words(
        en="Reset the camera to its factory state, as its guide says. Is that done?", zh="请按说明书将摄像机恢复出厂设置。是否完成？"
    ),
}
_STANDARD: dict[ActionName, Callable[[Bench], Outcome]] = {"restart": by_onvif.restart, "reset": by_onvif.reset}


class Performed(Decided):
    """What came of it, and by which way; what the device says of itself is to be confirmed by an effect. `driver` is its SHA-256."""

    action: str
    way: str
    driver: str = ""


def perform(bench: Bench, action: ActionName) -> Performed:
    """Once by each known way until one is granted; NotPossible when no way is known, naming the action."""
    tried: list[Performed] = []
    for way, run in _ways(bench, action):
        tried.append(_performed(bench, action, way, run))
        if tried[-1].state == "granted":
            break
    if not tried:
        raise _unknown(action)
    last = tried[-1]
    driver = next((each.driver for each in tried if each.driver), "")
    return last.model_copy(update={"why": "; ".join(f"{each.way}: {each.why}" for each in tried), "driver": driver})


def _performed(bench: Bench, action: ActionName, way: str, run: Callable[[], Outcome]) -> Performed:
    """Silence and doubt are answers here: the effect tells."""
    try:
        outcome = run()
    except DeviceSilent as silence:
        outcome = Outcome(state="unclear", why=str(silence), asked=action)
    except Undecided as doubt:
        outcome = Outcome(state="unclear", why=str(doubt), asked=action)
    driver = bench.driver.sha256 if bench.driver and way == DRIVER else ""
    return Performed(action=action, way=way, state=outcome.state, why=outcome.why, asked=outcome.asked, driver=driver)


def _ways(bench: Bench, action: ActionName) -> Iterator[tuple[str, Callable[[], Outcome]]]:
    if action in _STANDARD and any(entry.protocol == "onvif" for entry in bench.profile.ixit.log_intf):
        yield "onvif", lambda: _STANDARD[action](bench)
    for way in bench.profile.actions.get(action, {}):
        yield f"recipe {way}", lambda way=way: _by_recipe(bench, action, way)  # type: ignore[misc]
    if bench.driver is not None and action in bench.driver.actions:
        yield DRIVER, lambda: by_driver.act(bench, action)
    if bench.operator is not None and action in ASKED_OF_PEOPLE:
        yield "operator", lambda: _by_operator(bench, action)


def by_way(bench: Bench, action: ActionName, way: str) -> str:
    """Once by one way; what came of it, in words."""
    done = perform_by(bench, action, way)
    return f"{done.way} ({done.state}): {done.why}"


def ways_of(bench: Bench, action: ActionName) -> tuple[str, ...]:
    """By their names: a recipe's own, or `onvif`, `driver`, `operator`; a person where nothing else is known. NotPossible: none."""
    known = tuple(name.removeprefix("recipe ") for name, _ in _ways(bench, action))
    if not known:
        raise _unknown(action)
    return tuple(name for name in known if name != "operator") or known


def _unknown(action: ActionName) -> NotPossible:
    return NotPossible(f"no way is known to {action}: no recipe actions.{action} in the profile, no driver, and nobody can be asked")


def perform_by(bench: Bench, action: ActionName, way: str) -> Performed:
    """Once by one way of `ways_of`."""
    for name, run in _ways(bench, action):
        if way == name.removeprefix("recipe "):
            return _performed(bench, action, name, run)
    raise NotPossible(f"no way is known to {action} by {way}: no recipe actions.{action}.{way} in the profile")


def played(bench: Bench, action: ActionName) -> Outcome | None:
    """By the profile's first recipe; None when it has none."""
    way = next(iter(bench.profile.actions.get(action, {})), None)
    return _by_recipe(bench, action, way) if way is not None else None


def _by_recipe(bench: Bench, action: ActionName, way: str) -> Outcome:
    recipe, owner = bench.profile.actions[action][way], bench.credential("owner")
    session = WebSession() if recipe.inside == NO_SESSION else session_of(bench, recipe.inside or way, owner)
    variables = Variables({"user": (owner, NOT_TRIED)}, plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, f"{action} by {way}", session).run().outcome


def _by_operator(bench: Bench, action: ActionName) -> Outcome:
    """Nobody there is no answer of the device."""
    with suppress(NotPossible):
        answer = confirmed(bench, f"action.{action}", ASKED_OF_PEOPLE[action])
        state = "granted" if answer.value == "yes" else "refused"
        return Outcome(state=state, why=str(answer), asked=f"the operator to {action}", sent_at=answer.at, answered_at=answer.at)
    return Outcome(state="unclear", why="nobody answered", asked=f"the operator to {action}")

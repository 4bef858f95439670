"""The reset control, pressed for a time: what it changed, and whether the device asks to be set up again."""

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.operator import Words
from harness.probes import device
from harness.probes.actions.login import let_in, reachable
from harness.probes.actions.outcome import State
from harness.probes.actions.perform import played
from harness.probes.operator import confirmed

TAP_S = 0.5
LONGER = 1.2  # than declared: nobody presses to the tenth of a second
SETTLE_S = 10.0


class Press(Frozen):
    """One press. `owner_before` and `owner_after` say whether the owner's log-in was taken, `factory` what the device says of itself."""

    asked: str
    seconds: float
    how: str
    up: bool
    owner_before: State
    owner_after: State = "unclear"
    factory: State | None = None
    why: str = ""
    elsewhere: str = ""

    @property
    def back(self) -> bool:
        """Is it there again? Undecided where it may be, and nobody can see it: `elsewhere` says why."""
        if not self.up and self.elsewhere:
            raise Undecided(f"{self.asked}: the device does not answer; {self.elsewhere}")
        return self.up

    @property
    def changed(self) -> bool:
        """Did it reset the device? Undecided where it was not in use before."""
        if self.owner_before != "granted":
            raise Undecided(f"{self.asked}: the owner was not let in before, so nothing shows whether it did something ({self.why})")
        return not self.back or self.as_delivered or self.owner_after == "refused"

    @property
    def as_delivered(self) -> bool:
        """Does the device ask to be set up? Where it cannot be asked, the owner is not let in any more."""
        if not self.up:
            raise Undecided(f"{self.asked}: the device did not come back")
        state = self.factory or {"granted": "refused", "refused": "granted"}.get(self.owner_after, "unclear")
        if state == "unclear" or (self.factory is None and self.owner_before != "granted"):
            raise Undecided(f"{self.asked}: {self.why}")
        return state == "granted" and self.owner_after != "granted"


@acts("reset")
def press(bench: Bench, seconds: float) -> Press:
    """Hold the control so long, wait until the device answers, and look."""
    asked = f"the reset control held for {seconds:g} s"
    before, why = _owner(bench)
    how = _pressed(bench, seconds)
    bench.wait(SETTLE_S)
    if not device.answers_again(bench):
        return Press(asked=asked, seconds=seconds, how=how, up=False, owner_before=before, why=why, elsewhere=_elsewhere(bench))
    after, then = _owner(bench)
    told = played(bench, "is_factory")
    return Press(
        asked=asked,
        seconds=seconds,
        how=how,
        up=True,
        owner_before=before,
        owner_after=after,
        factory=told.state if told else None,
        why=f"before: {why}; after: {then}{f'; {told.why}' if told else ''}",
    )


def _elsewhere(bench: Bench) -> str:
    """Why a sound device may be out of reach after a reset; empty where it has to be where it was."""
    if bench.profile.has("wifi"):
        return "a reset makes it forget its Wi-Fi network: bring it back to the bench's and look"
    if bench.stand_in is None:
        return "its address may be another one now: this network is not the lab's"
    return ""


def _pressed(bench: Bench, seconds: float) -> str:
    if bench.reset is not None:
        with bench.access.device_time():
            bench.reset.press(seconds)
        return bench.reset.way
    if bench.operator is None:
        raise NotPossible("nothing presses the reset control on this bench, and nobody can be asked")
    words = Words(
        en=f"Press the camera's reset control for {seconds:g} seconds, then let go. Answer when it runs again. Is that done?",
        zh=f"请按住摄像机复位键 {seconds:g} 秒后松开，待其恢复运行后回答。是否完成？",
    )
    answer = confirmed(bench, "reset.press", words)
    if answer.value != "yes":
        raise NotPossible(f"the reset control was not pressed ({answer})")
    return str(answer)


def _owner(bench: Bench) -> tuple[State, str]:
    """Is the owner let in on the first surface whose log-in is known?"""
    surface = next(iter(reachable(bench)), None)
    if surface is None:
        raise NotPossible("no log-in is known on any declared surface")
    try:
        told = let_in(bench, surface, bench.credential(device.OWNER))
    except (DeviceSilent, Undecided) as doubt:
        return "unclear", str(doubt)
    return told.state, told.why

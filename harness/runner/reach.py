"""What a bench can do, from its file alone: which means are missing, and which detectors could earn absence."""

from collections.abc import Collection, Iterator, Mapping

from harness.lab.emulated import kind_of
from harness.model.bench import BenchFile
from harness.model.impact import above
from harness.model.plan import Thing
from harness.model.requirement import Catalogue, Requirement
from harness.model.vocabulary import Effort, Side
from harness.probes.detectors import contacts, survey

NEVER = {
    "radio": "no radio adapter on the bench",
    "app_phone": "no phone with the app on the bench",
    "producer_service": "no permission for the producer's service",
    "lab_shell": "no root shell from the producer",
    "jtag": "no debug probe on the bench",
}
ONE_SIDE: dict[str, Side] = {
    "producer_service": "service",
    "app_phone": "app",
}  # needs of a side, where there is one
_NO_ROUTER = "no router, mirror port or capture on the bench"
NOT_HERE = {"image": "no image is unpacked here", "web": "no crawl of pages here", "app": "no app is walked here", "radio": NEVER["radio"]}


def lacking(bench: BenchFile, *, attended: bool, worldless: str = "") -> dict[str, str]:
    """The catalogue's needs that this bench cannot serve, each with what is missing. `attended`: somebody is at the terminal; `worldless`:
    why this machine gives an emulated device no private world, and so no router.
    """
    sample = bench.samples[0]
    kind = kind_of(bench.emulated.device) if bench.emulated else None
    has_home = kind is not None and not worldless
    there = {
        "uart": kind.has_uart if kind else sample.serial is not None,
        "flash_access": "flash" in kind.media if kind else sample.flash is not None,
        "card_access": "card" in kind.media if kind else sample.card is not None,
        "power": kind is not None or sample.power is not None,
        "router": has_home or bench.router is not None or bool(bench.captures) or bench.mirror is not None,
        "interception": has_home or bench.router is not None,
        "operator": bool(bench.operator.answers) if kind else attended,
        "altered_packages": kind.producer is not None if kind else "official" in bench.packages,
        "second_account": len(sample.accounts) > 1,
    }
    words = {
        "uart": "no serial adapter on the bench",
        "flash_access": "no reader of flash chips on the bench",
        "card_access": "no reader of cards on the bench",
        "power": "no power switch on the bench",
        "router": f"no router of the lab's own on this machine: {worldless}"
        if worldless
        else "no router, mirror port or capture on the bench",
        "interception": "TLS is answered only where the router is the lab's own",
        "operator": "nobody at the bench",
        "altered_packages": "no update packages of the producer in the bench file",
        "second_account": "one account only in the bench file",
    }
    return NEVER | {need: words[need] for need, is_there in there.items() if not is_there}


def lacks(
    entry: Requirement, side: str, catalogue: Catalogue, bench: BenchFile, missing: Mapping[str, str], present: Collection[str]
) -> Iterator[str]:
    """What one side of this requirement needs and the bench has not; a need falls away with its capabilities."""
    for need in entry.needs:
        only_with = catalogue.needs[need].only_with
        elsewhere = ONE_SIDE.get(need, side) != side and ONE_SIDE[need] in entry.sides
        if need in missing and not elsewhere and (not only_with or set(only_with) & {*present}):
            yield missing[need]
    if entry.samples > len(bench.samples):
        yield f"{entry.samples} units are needed, the bench has {len(bench.samples)}"


def why_not_earned(
    thing: Thing, bench: BenchFile, missing: Mapping[str, str], effort: Effort, present: Collection[str], *, without_app: bool
) -> str:
    """Why the detector that earns this thing's absence cannot do so here; empty where it can."""
    kind = next((each for each in thing.detectors if not (without_app and each == "app")), "")
    match kind:
        case "inspection":
            unanswered = bench.emulated is not None and thing.id not in bench.operator.answers
            return missing.get("operator", "") or ("the bench file has no answer to it" if unanswered else "")
        case "survey":
            return _why_no_survey(thing.id, effort, present)
        case "capture":
            no_day = f"an ordinary day needs acts up to reboot, the bench permits {bench.impact}" if above("reboot", bench.impact) else ""
            return missing.get("router", "") or no_day or _why_no_capture(thing.id, present)
    return NOT_HERE.get(kind, f"no detector of the kind {kind} here")


def _why_no_survey(thing: str, effort: Effort, present: Collection[str]) -> str:
    if thing not in survey.SHOWS:
        return f"a survey of ports does not show {thing}"
    if effort != "full":
        return "a survey of all ports needs effort full"
    if thing == "rtsps" and "rtsp" in present:
        return "stream descriptions are not read for it"
    return "UDP is not scanned" if thing in survey.BY_UDP else ""


def _why_no_capture(thing: str, present: Collection[str]) -> str:
    if thing in contacts.SERVICE:
        return ""
    if thing not in contacts.BY_SERVICE:
        return f"a capture does not show {thing}"
    return "what the service is told inside TLS is not read" if "cloud_service" in present else ""

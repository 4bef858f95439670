"""What a bench file names and this machine does not have now: adapters, cards, files, programs. No mistakes: it may be plugged in later,
or the bench may be another machine."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.catalogue.wording import shown
from harness.model.bench import ImageSource, Sample
from harness.model.mistake import Loc, Mistake
from harness.profile.bench_checks import BenchLook

DEVICES, CARDS = Path("/dev"), Path("/sys/class/net")
ADAPTERS = ("ttyUSB*", "ttyACM*", "ttyAMA*", "serial/by-id/*")
BUILTINS = ("", ".", ":", "cd", "echo", "eval", "exec", "export", "if", "for", "printf", "set", "test", "[", "true", "while")
LISTED = 6
_DEVICE = re.compile(r"/dev/[\w./-]*\w")
_SET = re.compile(r"\w+=.*", re.DOTALL)


def missing(look: BenchLook) -> Iterator[Mistake]:
    """All that is not here. The network is not asked for anything."""
    bench = look.bench
    if bench.router:
        yield from _card(look, ("router", "interface"), bench.router.interface)
    if bench.mirror:
        yield from _card(look, ("mirror",), bench.mirror)
    for number, name in enumerate(bench.captures):
        yield from _file(look, ("captures", number), name)
    for sample in bench.samples:
        yield from _of(look, sample)


def _of(look: BenchLook, sample: Sample) -> Iterator[Mistake]:
    if sample.serial and sample.serial.url.startswith("/"):
        yield from _line(look, look.place(sample, "serial", "url"), Path(sample.serial.url))
    for key, command in (("on", sample.power and sample.power.on), ("off", sample.power and sample.power.off)):
        if command:
            yield from _command(look, look.place(sample, "power", key), command)
    for medium, source in (("flash", sample.flash), ("card", sample.card)):
        if source:
            yield from _image(look, look.place(sample, medium), source)


def _image(look: BenchLook, loc: Loc, source: ImageSource) -> Iterator[Mistake]:
    if source.command:
        yield from _command(look, (*loc, "command"), source.command)
    else:
        yield from _file(look, (*loc, "file"), source.file)


def _card(look: BenchLook, loc: Loc, name: str) -> Iterator[Mistake]:
    if not (CARDS / name).exists():
        here = sorted(each.name for each in CARDS.iterdir() if each.name != "lo") if CARDS.is_dir() else []
        yield look.source.mistake(loc, f"this machine has no network card {shown(name)}", _plug("it", here))


def _line(look: BenchLook, loc: Loc, port: Path) -> Iterator[Mistake]:
    if not port.exists():
        here = sorted(str(each) for pattern in ADAPTERS for each in DEVICES.glob(pattern))
        yield look.source.mistake(loc, f"there is no {shown(str(port))}", f"{_plug('the adapter', here)}; `dmesg` says its name")
    elif not port.is_char_device():
        yield look.source.mistake(loc, f"{shown(str(port))} is no serial port", "name the adapter's port, such as /dev/ttyUSB0")
    elif not os.access(port, os.R_OK | os.W_OK):
        remedy = "sudo usermod -aG dialout $USER, then log in anew"
        yield look.source.mistake(loc, f"{shown(str(port))} may not be opened by you", remedy)


def _file(look: BenchLook, loc: Loc, name: str) -> Iterator[Mistake]:
    path = look.source.path.parent / name
    if not path.is_file() or not path.stat().st_size:
        what = "is empty" if path.is_file() else "is no file"
        yield look.source.mistake(loc, f"{shown(name)} {what}", f"put it into {path.parent.absolute()}, or give its path from there")


def _command(look: BenchLook, loc: Loc, command: str) -> Iterator[Mistake]:
    """Its program, and the devices of this machine that it names; a shell may know more than can be read here."""
    program = _program(command)
    if program and shutil.which(program) is None:
        yield look.source.mistake(loc, f"there is no program {shown(program)}", "install it, or write the command as a shell runs it")
    for device in dict.fromkeys(_DEVICE.findall(command)):
        if not Path(device).exists():
            yield look.source.mistake(
                loc, f"there is no {shown(device)}", "plug it in, or name the one that is here; `lsblk` lists card readers"
            )


def _program(command: str) -> str:
    """The first word that is one; empty where only a shell could tell."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    word = next((each for each in words if not _SET.fullmatch(each)), "")
    return "" if word in BUILTINS or re.search(r"[$`*?(){};|&<>]", word) else word


def _plug(what: str, here: list[str]) -> str:
    more = f" and {len(here) - LISTED} more" if len(here) > LISTED else ""
    return f"plug {what} in" + (f", or name one of {', '.join(here[:LISTED])}{more}" if here else "; none is here")

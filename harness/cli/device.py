"""`camlabel device`: a first profile, is one right, and what may stand in one."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.catalogue.load import load
from harness.cli.trial import try_action
from harness.model.counting import counted
from harness.model.errors import UsageError
from harness.model.profile import STANDARD_LOG_INS, AuthMech, Profile
from harness.output.visible import visible
from harness.profile import template
from harness.profile.read import read_bench, read_profile
from harness.profile.schema import profile_schema, schema_text

app = typer.Typer(help="Device profiles: what a producer declares of a camera, and how it is made to act.", no_args_is_help=True)


app.command(name="try")(try_action)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The profile.")]) -> None:
    """Say what is wrong with a profile, all at once, with file and line."""
    profile = read_profile(file)
    console = Console()
    console.print(Text(visible(f"{file}: no mistakes")))
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, words in _summary(profile):
        table.add_row(Text(name, style="dim"), Text(visible(words)))
    console.print(table)


@app.command()
def new(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    file: Annotated[Path, typer.Argument(help="The profile to write.")],
    bench: Annotated[Path | None, typer.Option(help="The bench file to write; default: bench.yaml beside the profile.")] = None,
    producer: Annotated[str, typer.Option(help="Who makes it.")] = "",
    model: Annotated[str, typer.Option(help="Its name on the label.")] = "",
    hardware: Annotated[str, typer.Option(help="Hardware revision, as the label or the page says.")] = "",
    firmware: Annotated[str, typer.Option(help="Version of the installed firmware.")] = "",
    address: Annotated[str, typer.Option(help="Its IP address on your bench.")] = "",
    user: Annotated[str, typer.Option(help="Name of the owner's account.")] = "admin",
    services: Annotated[str, typer.Option(metavar="PROTOCOL:PORT,…", help="What answers on it, for instance https:443,rtsp:554.")] = "",
) -> None:
    """Write a first profile and bench of a camera. What is not given is asked at the terminal; no file is overwritten."""
    bench = bench or file.parent / "bench.yaml"
    if taken := [str(path) for path in (file, bench) if path.exists()]:
        raise UsageError(f"{' and '.join(taken)}: is there already and is left as it is; give another name, or --bench")
    known = _ask({"producer": producer, "model": model, "hardware": hardware, "firmware": firmware, "address": address})
    camera = template.Camera(**known, user=user, services=template.services(services))
    profile, wiring = template.profile_text(camera, load()), template.bench_text(camera)
    left = template.open_places(file.name, profile, read_profile)
    left += template.open_places(bench.name, wiring, lambda path: read_bench(path, _stand_in(camera)))
    _write({file: profile, bench: wiring})
    typer.echo(visible(f"written: {file}, {bench}; to be answered: {counted(len(left), 'place')}:"))
    for line in left:
        typer.echo(visible(line))


def _ask(given: dict[str, str]) -> dict[str, str]:
    """Ask for what is not given; without a terminal that is refused."""
    missing = [name for name, words in given.items() if not words]
    if missing and not sys.stdin.isatty():
        raise UsageError(f"nobody is here to be asked; give {', '.join(f'--{name}' for name in missing)}")
    return {name: words or typer.prompt(name.capitalize()) for name, words in given.items()}


def _stand_in(camera: template.Camera) -> Profile:
    """A profile that has the camera's ports and asks for passwords, for a bench whose own profile is not filled in yet."""
    dut = dict.fromkeys(("producer", "model", "hardware_revision", "firmware_version"), "?")
    scope = {"standalone": True, "consumer": True, "public_security": False}
    ixit = {"log_intf": [each.model_dump() for each in camera.services]}
    fields = {"schema": "camlabel-profile/1", "dut": dut, "scope": scope, "capabilities": {"password_auth": "yes"}, "ixit": ixit}
    return Profile.model_validate(fields)


def _write(files: dict[Path, str]) -> None:
    """Both or none; the bench will hold passwords, so only its owner reads it."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                written.append(path)
                out.write(text)
    except OSError as error:
        for path in written:
            path.unlink()
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from error


@app.command()
def schema() -> None:
    """Print the JSON Schema of profiles, for editors."""
    typer.echo(schema_text(profile_schema()), nl=False)


def _summary(profile: Profile) -> Iterator[tuple[str, str]]:
    dut, ixit = profile.dut, profile.ixit
    present = [name for name, answer in profile.capabilities.items() if answer.present]
    yield "device", f"{dut.producer} {dut.model}, hardware {dut.hardware_revision}, firmware {dut.firmware_version}"
    yield "present", f"{len(present)} of {len(profile.capabilities)} capabilities: {', '.join(present)}"
    yield "services", ", ".join(f"{entry.id} ({entry.protocol} {entry.port})" for entry in ixit.log_intf)
    yield "log-ins", ", ".join(_log_in(profile, surface) for surface in ixit.auth_mech)
    yield "streams", ", ".join(f"{stream.id} ({stream.protocol} {stream.path})" for stream in ixit.stream)
    yield "password", ", ".join(sorted({way for surface in ixit.auth_mech for way in surface.change})) or "no way to change it is declared"


def _log_in(profile: Profile, surface: AuthMech) -> str:
    driven = profile.driver is not None and surface.id in profile.driver.log_ins
    known = driven or surface.interface in STANDARD_LOG_INS or profile.recipe("log_in", surface.id)
    return f"{surface.id} ({surface.interface}{'' if known else '; no recipe, so it cannot be tried'})"

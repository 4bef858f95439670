"""`camlabel device`: is a profile right, and what may stand in one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.model.profile import STANDARD_LOG_INS, AuthMech, Profile
from harness.output.visible import visible
from harness.profile.read import read_profile
from harness.profile.schema import profile_schema, schema_text

app = typer.Typer(help="Device profiles: what a producer declares of a camera, and how it is made to act.", no_args_is_help=True)


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
    known = surface.interface in STANDARD_LOG_INS or profile.recipe("log_in", surface.id)
    return f"{surface.id} ({surface.interface}{'' if known else '; no recipe, so it cannot be tried'})"

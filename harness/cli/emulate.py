"""`camlabel emulate`: an emulated device to look at, in the foreground, until Ctrl-C."""

import secrets
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.run import check_flaws
from harness.lab.emulated import start
from harness.model.secret import Login

LOOK_S = 0.5


def emulate(
    device: Annotated[str, typer.Option(metavar="DEVICE", help="fast or foreign-NAME.")] = "fast",
    flaw: Annotated[list[str] | None, typer.Option(metavar="NAME,…", help="Make it unsound; see `camlabel flaws`.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Its memory; the same folder is the same unit again. Default: forgotten.")] = None,
) -> None:
    """Start an emulated camera on 127.0.0.1 and say how to reach it."""
    with tempfile.TemporaryDirectory() as forgotten:
        login = Login(user="admin", password=secrets.token_urlsafe(9))
        running = start(device, folder or Path(forgotten), flaws=check_flaws(flaw or []), login=login)
        try:
            for declared, actual in running.ports.items():
                typer.echo(f"port {declared}: {running.address}:{actual}")
            if running.kind.needs_login:
                typer.echo(f"log in as {login.user} with {login.password}")
            if 443 in running.ports:
                typer.echo(f"page: https://{running.address}:{running.ports[443]}/ (Ctrl-C ends it)")
            while running.alive:
                time.sleep(LOOK_S)
        except KeyboardInterrupt:
            typer.echo("switched off")
        finally:
            running.stop()

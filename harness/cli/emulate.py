"""`camlabel emulate`: an emulated device to look at, in the foreground, until Ctrl-C."""

import os
import secrets
import signal
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.run import check_flaws
from harness.lab.emulated import Device, start
from harness.lab.serial_server import SerialServer
from harness.model.secret import Login

LOOK_S = 0.2


def emulate(
    device: Annotated[str, typer.Option(metavar="DEVICE", help="fast or foreign-NAME.")] = "fast",
    flaw: Annotated[list[str] | None, typer.Option(metavar="NAME,…", help="Make it unsound; see `camlabel flaws`.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Its memory; the same folder is the same unit again. Default: forgotten.")] = None,
) -> None:
    """Start an emulated camera on 127.0.0.1 and say how to reach it: a bench to practise on."""
    with tempfile.TemporaryDirectory() as forgotten:
        login = Login(user="admin", password=secrets.token_urlsafe(9))
        running = start(device, folder or Path(forgotten), flaws=check_flaws(flaw or []), login=login)
        line = SerialServer(running.uart.url) if running.uart else None
        try:
            for words in _how_to_reach(running, login, line):
                typer.echo(words)
            _hold(running, line)
        except KeyboardInterrupt:
            typer.echo("switched off")
        finally:
            if line:
                line.close()
            running.stop()


def _how_to_reach(running: Device, login: Login, line: SerialServer | None) -> Iterator[str]:
    for declared, actual in running.ports.items():
        yield f"port {declared}: {running.address}:{actual}"
    if running.kind.needs_login:
        yield f"log in as {login.user} with {login.password}"
    if 443 in running.ports:
        yield f"page: https://{running.address}:{running.ports[443]}/"
    if line:
        yield f"serial line: {line.url}"
    yield f"power: off by `kill -USR1 {os.getpid()}`, on by `kill -USR2 {os.getpid()}`; Ctrl-C ends it"


def _hold(running: Device, line: SerialServer | None) -> None:
    """Until Ctrl-C or until it ends by itself; the two signals are its mains switch."""
    orders: deque[int] = deque()
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda order, _frame: orders.append(order))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    powered = True
    while running.alive or not powered:
        while orders:
            powered = orders.popleft() == signal.SIGUSR2
            (running.switch_on if powered else running.kill)()
        if line:
            line.step(LOOK_S)
        else:
            time.sleep(LOOK_S)

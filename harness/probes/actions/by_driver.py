"""What a driver does: one order, one answer; the dialogue is evidence, and passwords in it are masked there."""

import json
import time
from typing import Any

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import NotPossible
from harness.model.recipe import ActionName
from harness.model.secret import Credential
from harness.probes.actions.outcome import Outcome
from harness.transports.driver import Driver
from harness.transports.templates import NOT_TRIED

DRIVER, WHY_MOST = "driver", 1000


def logs_in(bench: Bench, surface: Surface) -> bool:
    """Does the profile leave this surface's log-in to the driver?"""
    return bench.driver is not None and surface.id in bench.driver.log_ins


def let_in(bench: Bench, surface: Surface, who: Credential) -> Outcome:
    """Is this credential taken? A password that is not in use counts as a failed log-in before the driver shows it."""
    return _ordered(bench, "log_in", who, surface.id, surface=surface.id)


def act(bench: Bench, action: ActionName) -> Outcome:
    """As the owner; what it says of itself is to be confirmed by an effect."""
    return _ordered(bench, action, bench.credential("owner"), NOT_TRIED)


def _ordered(bench: Bench, action: str, who: Credential, tried_on: str, **more: str) -> Outcome:
    driver = _of(bench)
    account = bench.access.login(who, tried_on)
    order: dict[str, Any] = {"action": action, "address": bench.sample.address, "ports": bench.sample.ports, **more}
    order |= {"user": account.user, "password": account.password} if account else {}
    asked, began = f"{driver.path.name} to {action}{''.join(f' on {each}' for each in more.values())}", time.time()
    bench.access.sent(DRIVER, json.dumps(order).encode())
    with bench.access.device_time():
        said = driver.run(order)
    bench.access.received(DRIVER, said.model_dump_json().encode())
    return Outcome(state=said.state, why=said.why[:WHY_MOST], asked=asked, sent_at=began, answered_at=time.time())


def _of(bench: Bench) -> Driver:
    if bench.driver is None:
        raise NotPossible("the profile has no driver")
    return bench.driver

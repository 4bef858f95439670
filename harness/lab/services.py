"""The router's services as the lab holds them: started in the router's namespace, moved on with the device's clock, read, stopped."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from harness.lab.lan import BRIDGE, ROUTER, ROUTER6, Lan
from harness.lab.orders import Servant
from harness.lab.router.authority import make
from harness.model.traffic import Pretence
from harness.transports.recorders import Question, Received, Served, Serving, Upload

_RECEIVED, _QUESTIONS = TypeAdapter(tuple[Received, ...]), TypeAdapter(tuple[Question, ...])


class Services:
    """DHCP, DNS, NTP, the stand-in internet and its authority; `trust` is the file for a device's trust store.

    `folder` keeps the authority's key and the log; `leases` are the addresses by network card.
    """

    def __init__(self, lan: Lan, folder: Path, leases: Mapping[str, str]) -> None:
        self.trust = make(folder)
        argv = [sys.executable, "-P", "-m", "harness.lab.router", str(folder), BRIDGE, ROUTER, json.dumps(dict(leases))]
        argv += [ROUTER6] if lan.has_ipv6 else []
        log = folder / "router.log"
        with log.open("ab") as errors:
            process = lan.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=-1)
        self._servant = Servant("the lab's router", process, log)
        self.limits: tuple[str, ...] = tuple(self._servant.ready["limits"])

    def advance(self, seconds: float) -> None:
        """Move the time that they give, and the certificates with it."""
        self._servant.ask({"do": "advance", "seconds": seconds})

    def noted(self, *what: str) -> dict[str, Any]:
        """Of what they noted some or all (received, questions, overflowed), as JSON has it."""
        return self._servant.ask({"do": "read", "what": what})

    def received(self) -> tuple[Received, ...]:
        """See StandIn."""
        return _RECEIVED.validate_python(self.noted("received")["received"])

    def questions(self) -> tuple[Question, ...]:
        """See StandIn."""
        return _QUESTIONS.validate_python(self.noted("questions")["questions"])

    def overflowed(self) -> bool:
        """See StandIn."""
        return bool(self.noted("overflowed")["overflowed"])

    def outage(self, cut: bool) -> None:
        """See StandIn."""
        self._servant.ask({"do": "outage", "cut": cut})

    def serve(self, answers: tuple[Serving, ...]) -> None:
        """See StandIn."""
        self._servant.ask({"do": "serve", "answers": [answer.model_dump(mode="json") for answer in answers]})

    def served(self) -> tuple[Served, ...]:
        """See StandIn."""
        return tuple(Served.model_validate(each) for each in self._servant.ask({"do": "served"})["served"])

    def uploads(self, since: float) -> tuple[Upload, ...]:
        """See StandIn."""
        told = self._servant.ask({"do": "uploads", "since": since})["uploads"]
        return tuple(Upload.model_validate({**each, "body": base64.urlsafe_b64decode(each["body"])}) for each in told)

    def pretend(self, hosts: tuple[str, ...], certificate: Pretence) -> None:
        """See StandIn."""
        self._servant.ask({"do": "pretend", "hosts": hosts, "certificate": certificate})

    def be_genuine(self, hosts: tuple[str, ...] = ()) -> None:
        """See StandIn."""
        self._servant.ask({"do": "be genuine", "hosts": hosts})

    def stop(self) -> None:
        """End them."""
        self._servant.end()

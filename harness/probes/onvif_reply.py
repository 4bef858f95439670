"""What ONVIF answers mean, pure: granted, refused, or unclear."""

import re
from typing import Literal

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.soap import BadXmlError, Fault, Node, parse, payload, read_fault
from harness.transports.http import HttpReply

State = Literal["granted", "refused", "unclear"]

NOT_AUTHORIZED = {
    "NotAuthorized",
    "OperationProhibited",
    "FailedAuthentication",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "SecurityTokenUnavailable",
    "UnsupportedSecurityToken",
    "FailedCheck",
    "MessageExpired",
}
NOT_SUPPORTED = {"ActionNotSupported", "NoSuchService", "NotImplemented", "OptionalActionNotImplemented"}
_SAYS_SO = re.compile(r"not\s*authori[sz]ed|unauthori[sz]ed|(?:authori[sz]ation|authentication) (?:failed|required)", re.IGNORECASE)
_SAYS_MISSING = re.compile(r"not (?:implemented|supported|recogni[sz]ed)|unknown (?:method|action|operation)", re.IGNORECASE)


class Shown(Frozen):
    """One request and its answer: what it showed, HTTP status, the element in the body of the answer, or its fault."""

    shown: str
    status: int
    answer: str = ""
    expected: str = ""
    codes: tuple[str, ...] = ()
    reason: str = ""
    trouble: str = ""
    challenge: str = ""

    @property
    def state(self) -> State:
        """The answer element grants, whatever the status; a fault or status that says not authorised refuses."""
        if self.answer == self.expected and not self.trouble:
            return "granted"
        refused = self.status in (401, 403) or set(self.codes) & NOT_AUTHORIZED or (self.codes and _SAYS_SO.search(self.reason))
        return "refused" if refused else "unclear"

    @property
    def unsupported(self) -> bool:
        """Does the device say that it has no such operation?"""
        if self.state != "unclear":
            return False
        says_so = bool(set(self.codes) & NOT_SUPPORTED) or bool(self.codes and _SAYS_MISSING.search(self.reason))
        return says_so or (not self.codes and self.status in (404, 405, 501))

    @property
    def told(self) -> str:
        """For people."""
        what = self.trouble or " ".join(self.codes) or self.answer.rpartition("}")[2] or "nothing in the body"
        return f"shown {self.shown}: {self.status} {what} {self.reason}".rstrip()


class OnvifReply(Frozen):
    """What came of one operation with one credential; every request that it took."""

    asked: str
    operation: str
    freshness: str
    requests: tuple[Shown, ...]
    sent_at: float = 0.0
    answered_at: float = 0.0

    @property
    def granted(self) -> bool:
        """Was it answered? Repeated: was the second one, when the first was."""
        return self._state() == "granted"

    @property
    def refused(self) -> bool:
        """Was it refused for certain?"""
        return self._state() == "refused"

    def _state(self) -> State:
        """Any request that is granted settles it; any that is unclear leaves it open."""
        counted = self.requests
        if self.freshness == "repeated":
            counted = self.requests[-1:]
            if len(self.requests) < 2 or self.requests[-2].state != "granted":
                raise Undecided(f"{self.asked}: the first of the two was not granted: {self._told()}")
        states = {each.state for each in counted}
        if "granted" in states:
            return "granted"
        if states != {"refused"}:
            raise Undecided(f"{self.asked}: {self._told()}")
        return "refused"

    def _told(self) -> str:
        return "; ".join(each.told for each in self.requests)


def read(reply: HttpReply, expected: str, shown: str, challenge: str = "") -> tuple[Shown, Node | None]:
    """The facts, and the answer's element for those who need more of it."""
    facts: dict[str, object] = {"shown": shown, "status": reply.status, "expected": expected, "challenge": challenge}
    if not reply.body.strip():
        return Shown.model_validate({**facts, "trouble": "cut short" if reply.truncated else ""}), None
    try:
        node = payload(parse(reply.body, cut=reply.truncated))
    except BadXmlError as problem:
        return Shown.model_validate({**facts, "trouble": f"not SOAP: {problem}"}), None
    fault: Fault | None = read_fault(node)
    if fault is not None:
        return Shown.model_validate({**facts, "codes": fault.codes or ("Fault",), "reason": fault.reason}), None
    return Shown.model_validate({**facts, "answer": node.name[:300] if node is not None else ""}), node

"""A silent answer is not a silent device, and a device that is gone is not one that comes back."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest

from harness.gate.attempt import running
from harness.gate.bench import Bench
from harness.gate.health import Patience
from harness.gate.marks import acts, reads
from harness.model.errors import DeviceSilent
from harness.transports.tcp import connect
from tests.builders.toy import HERE, Gate, attempt, gate

SHORT = Patience(away_s=5.0, look_s=0.02, gone_look_s=0.0)


class Camera:
    """A real listening socket that can be taken away; it answers every connection with its name, or with silence."""

    def __init__(self) -> None:
        self.port, self.silent, self.answered = 0, False, 0
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def come(self) -> None:
        """Listen again on the same port."""
        self._listener = socket.create_server((HERE, self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(self._listener,))
        self._thread.start()

    def go(self) -> None:
        """Stop listening."""
        if self._listener and self._thread:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._thread.join()
            self._listener.close()
            self._listener = None

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    if not self.silent:
                        self.answered += 1
                        connection.sendall(b"camera\n")
                    with suppress(OSError):
                        connection.recv(1)


@reads()
def name(bench: Bench) -> str:
    """What it says."""
    with connect(bench.access, HERE, cast("Camera", bench.live("camera#1")).port) as asked:
        return asked.receive_until(b"\n", within=0.2).decode()


@acts("login")
def knock(bench: Bench) -> str:
    """The same, as an act."""
    return name(bench)


@pytest.fixture
def camera() -> Iterator[Camera]:
    made = Camera()
    made.come()
    try:
        yield made
    finally:
        made.go()


@contextmanager
def beside(camera: Camera, folder: Path, alive: Callable[[], bool], patience: Patience) -> Iterator[Gate]:
    """A gate whose probes ask this camera."""
    with gate(folder, alive=alive, patience=patience) as opened:
        assert opened.live.bench.keep("camera", camera) == "camera#1"
        yield opened


@pytest.fixture
def desk(tmp_path: Path, camera: Camera) -> Iterator[Gate]:
    def alive() -> bool:
        try:
            with connect(opened.live.access, HERE, camera.port, within=0.2):
                return True
        except DeviceSilent:
            return False

    with beside(camera, tmp_path, alive, SHORT) as opened:
        yield opened


def ask(desk: Gate, probe: Callable[[Bench], str] = name) -> str:
    with running(attempt()):
        return desk.observe()(probe)


def states(desk: Gate) -> list[str]:
    return [str(body["state"]) for body in desk.bodies("health")]


def later(seconds: float, what: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, what)
    timer.start()
    return timer


def test_a_device_that_answers_is_asked_once(desk: Gate, camera: Camera) -> None:
    assert ask(desk) == "camera\n"
    assert states(desk) == []


def test_a_read_is_asked_again_when_the_device_came_back(desk: Gate, camera: Camera) -> None:
    camera.go()
    timer = later(0.1, camera.come)
    assert ask(desk) == "camera\n"
    timer.join()
    assert states(desk) == ["away", "back"]
    assert desk.bodies("observation")[0]["asked_again"] is True


def test_an_act_is_not_asked_again(desk: Gate, camera: Camera) -> None:
    """Nobody knows what it did before the device went away."""
    camera.go()
    timer = later(0.1, camera.come)
    with pytest.raises(DeviceSilent):
        ask(desk, knock)
    timer.join()
    assert states(desk) == ["away", "back"]
    assert "asked_again" not in desk.bodies("observation")[0]


def test_a_silent_answer_of_a_device_that_is_there_is_the_answer(desk: Gate, camera: Camera) -> None:
    camera.silent = True
    with pytest.raises(DeviceSilent, match="fell silent"):
        ask(desk)
    assert states(desk) == []
    camera.silent = False
    assert ask(desk) == "camera\n"


def test_a_device_that_is_gone_is_not_asked_until_it_is_back(tmp_path: Path, camera: Camera) -> None:
    looks = [False, False, False, True]
    patience = Patience(away_s=0.01, look_s=0.02, gone_look_s=0.0)
    with beside(camera, tmp_path, lambda: looks.pop(0), patience) as desk:
        camera.go()
        with pytest.raises(DeviceSilent, match="refused the connection"):
            ask(desk)
        camera.come()
        with pytest.raises(DeviceSilent, match="not asked: the device has not been reached for 0 s"):
            ask(desk)
        assert camera.answered == 0
        assert ask(desk) == "camera\n"
        assert looks == []
        assert states(desk) == ["away", "gone", "back"]


def test_a_device_that_is_gone_is_looked_for_rarely(tmp_path: Path, camera: Camera) -> None:
    """But at once where something is owed."""
    looks: list[bool] = []

    def look() -> bool:
        looks.append(False)
        return looks[-1]

    with beside(camera, tmp_path, look, Patience(away_s=0.0, gone_look_s=1000)) as desk:
        camera.go()
        for _ in range(5):
            with pytest.raises(DeviceSilent):
                ask(desk)
        assert len(looks) == 1
        desk.live.health.try_again()
        with pytest.raises(DeviceSilent, match="not asked"):
            ask(desk)
        assert len(looks) == 2


def test_silence_has_a_budget(tmp_path: Path, camera: Camera) -> None:
    camera.silent = True
    with beside(camera, tmp_path, lambda: True, Patience(silent_s=0.3)) as desk:
        for _ in range(2):
            with pytest.raises(DeviceSilent, match="fell silent"):
                ask(desk)
        camera.silent = False
        with pytest.raises(DeviceSilent, match="not asked: the device has kept silent for 0 s in all"):
            ask(desk)
        assert camera.answered == 0
        desk.live.health.try_again()
        assert ask(desk) == "camera\n"

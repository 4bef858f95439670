"""What a unit does on the network by itself: time of day, the producer's service, and making itself known on the local network."""

import logging

from harness.emulated.camera.network.cloud import TIME, Cloud
from harness.emulated.camera.network.contacts import Contacts
from harness.emulated.camera.network.flawed import Flawed
from harness.emulated.camera.network.job import Job
from harness.emulated.camera.network.time_client import set_time
from harness.emulated.camera.network.trust import Trust
from harness.emulated.camera.options import Options
from harness.emulated.camera.shown import Shown
from harness.emulated.camera.unit import Happening, Unit

TIME_S, UPDATE_S, HEARTBEAT_S = 3600.0, 86400.0, 300.0
_log = logging.getLogger(__name__)


class Life:
    """From one boot to the next."""

    def __init__(self, unit: Unit, options: Options, still: Shown | None) -> None:
        self._unit, self._still, self._time_port = unit, still, options.far.ntp
        self._contacts = Contacts(unit, options)
        self.cloud = Cloud(unit, self._contacts.resolver, Trust(options.trust, unit.flaws), options.far.https) if options.trust else None
        self._flawed = Flawed(unit, self._contacts)
        clock = unit.clock
        self._time = Job(clock, "time", self._set_time, TIME_S, self._recovered)
        self._touch = Job(clock, "cloud", self._stay_in_touch, HEARTBEAT_S, self._recovered)
        self._update = Job(clock, "update check", self._check_update, UPDATE_S, self._recovered)
        self._install = Job(clock, "update", self._install_update, None, self._recovered)
        self._events = Job(clock, "event", self._tell_events, None, self._recovered)

    def start(self) -> None:
        """Begin as a camera that was switched on."""
        self._unit.on_happening(self._happened)
        self._unit.clock.work(self._boot())

    def stop(self) -> None:
        """Hang up."""
        if self.cloud is not None:
            self.cloud.close()

    async def _boot(self) -> None:
        await self._time.run()
        if self.cloud is None:
            _log.warning("no authorities to trust were given: the producer's service is not used")
        else:
            self._update.now()
            self._touch.now()
        await self._flawed.at("boot")

    def _happened(self, what: Happening) -> None:
        self._unit.clock.work(self._react(what))

    async def _react(self, what: Happening) -> None:
        if self.cloud is not None:
            await self._use_cloud(self.cloud, what)
        await self._flawed.at(what)

    async def _use_cloud(self, cloud: Cloud, what: Happening) -> None:
        if what == "set-up":
            self._touch.now()
        elif what == "update check":
            self._update.now()
        elif what == "install update":
            self._install.now()
        elif what == "event":
            await cloud.note_event(self._still)
            self._events.now()

    async def _set_time(self) -> None:
        server = await self._contacts.resolver.resolve(TIME)
        await set_time(self._unit.clock, self._unit.address, (server, self._time_port))
        await self._flawed.at("time set")

    async def _stay_in_touch(self) -> None:
        if self.cloud is not None:
            await self.cloud.stay_in_touch()

    async def _tell_events(self) -> None:
        if self.cloud is not None:
            await self.cloud.tell_events()

    async def _check_update(self) -> None:
        if self.cloud is not None:
            await self.cloud.check_update()

    async def _install_update(self) -> None:
        if self.cloud is not None:
            await self.cloud.install_update()

    async def _recovered(self) -> None:
        """The network is back: what waits is done at once."""
        for job in (self._time, self._touch, self._update, self._events):
            if job.failures:
                job.now()
        await self._flawed.at("recovered")

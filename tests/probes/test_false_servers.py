"""What is read from the stand-in internet while it shows false certificates: who came, who sent what, and what went in the clear."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.profile import CloudEndpoint
from harness.model.traffic import OLD_VERSIONS
from harness.probes import device, false_servers
from harness.probes.false_servers import FALSE_CERTIFICATES, TlsServer
from harness.transports.recorders import Question
from tests.builders.daily import CLOUD, House, house
from tests.builders.devices import HERE, Desk

MEDIA = "media.producer.example"
API, PICTURES = TlsServer(host=CLOUD, port=443), TlsServer(host=MEDIA, port=443)
REGISTRY = TlsServer(host="registry.producer.example", port=443)
WAIT_S = 120.0


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def declaring(bench: Bench, *endpoints: tuple[str, int, str]) -> Bench:
    """The same with this table cloud."""
    table = tuple(CloudEndpoint.model_validate({"host": host, "port": port, "protocol": protocol}) for host, port, protocol in endpoints)
    ixit = bench.profile.ixit
    cloud = ixit.cloud.model_copy(update={"endpoints": table})
    return dataclasses.replace(bench, profile=bench.profile.model_copy(update={"ixit": ixit.model_copy(update={"cloud": cloud})}))


def test_servers_are_those_that_were_met_and_those_that_are_declared(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.tell(CLOUD, 5)
        home.tell("", 5)
        declared = declaring(
            bench, (f"*.{CLOUD.split('.', 1)[1]}", 443, "https"), ("far.example", 8883, "mqtts"), ("time.example", 123, "ntp")
        )
        found = false_servers.servers(declared)
    assert [(each.host, each.port, each.declared) for each in found] == [
        (CLOUD, 443, "*.producer.example 443/https"),
        ("203.0.113.9", 443, ""),
        ("far.example", 8883, "far.example 8883/mqtts"),
    ]


def test_a_server_without_a_name_has_the_one_that_was_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.tell("", 5)
        monkeypatch.setattr(home, "questions", lambda: (Question(at=1, source=HERE, name="q.example", kind="A", answer="203.0.113.9"),))
        assert [each.host for each in false_servers.servers(bench)] == ["q.example"]


def test_undisturbed_each_is_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        found = false_servers.undisturbed(bench, (API, PICTURES), WAIT_S)
    assert [(each.connections, each.sent) for each in found] == [(3, 4400), (1, 9000)]


def only_at_boot(home: House) -> None:
    """Such a server: the camera talks to it when it starts, and never again."""

    def starts() -> None:
        if home.booting == 1:
            home.tell(REGISTRY.host, 70)

    home.on_time = starts


def test_a_server_that_is_only_talked_to_at_boot_is_judged_at_boot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        only_at_boot(home)
        assert [each.sent > 0 for each in false_servers.undisturbed(bench, (API, REGISTRY), WAIT_S)] == [True, True]
        shown = false_servers.in_turn(bench, (API, REGISTRY), "expired", WAIT_S)
        assert [(each.when, each.attempts > 0, each.sent) for each in shown] == [("in use", True, 0), ("after a restart", True, 0)]
        home.takes = lambda host, _: host == REGISTRY.host
        assert [each.sent > 0 for each in false_servers.in_turn(bench, (API, REGISTRY), "expired", WAIT_S)] == [False, True]


def test_a_server_that_nobody_comes_to_is_sent_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        [found] = false_servers.undisturbed(bench, (REGISTRY,), WAIT_S)
        [shown] = false_servers.in_turn(bench, (REGISTRY,), "expired", WAIT_S)
    assert (found.sent, shown.attempts) == (0, 0)


@pytest.mark.parametrize("certificate", FALSE_CERTIFICATES)
def test_a_sound_camera_comes_and_sends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, certificate: str) -> None:
    with house(desk, monkeypatch) as (bench, home):
        shown = false_servers.in_turn(bench, (API, PICTURES), certificate, WAIT_S)  # type: ignore[arg-type]
        assert home.false == {}
    assert [(each.attempts > 0, each.sent, each.instead, each.unclear) for each in shown] == [(True, 0, (), ())] * 2
    assert all(each.waited_s >= WAIT_S and each.certificate == certificate for each in shown)


TAKES: list[tuple[Callable[[str, str], bool], list[bool]]] = [
    (lambda host, _: host == MEDIA, [False, True]),
    (lambda host, shown: host == CLOUD and shown == "expired", [True, False]),
]


@pytest.mark.parametrize(("takes", "offends"), TAKES)
def test_what_is_sent_all_the_same_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, takes: Callable[[str, str], bool], offends: list[bool]
) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.takes = takes
        shown = false_servers.in_turn(bench, (API, PICTURES), "expired", WAIT_S)
    assert [each.sent > 0 for each in shown] == offends


def test_who_talks_to_an_old_server_is_counted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        assert [each.sent for each in false_servers.in_old_versions(bench, (API, PICTURES), WAIT_S)] == [0, 0]
        home.takes = lambda host, shown: host == MEDIA and shown == OLD_VERSIONS
        shown = false_servers.in_old_versions(bench, (API, PICTURES), WAIT_S)
        assert home.false == {}
    assert [each.sent > 0 for each in shown] == [False, True]
    assert shown[0].asked.endswith("old versions only, in use")


def test_who_falls_back_to_http_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.plain = True
        [shown] = false_servers.in_turn(bench, (PICTURES,), "self-signed", WAIT_S)
    assert shown.instead == (f"in the clear to {MEDIA} port 80",)
    assert shown.sent == 0


def test_only_what_was_usual_before_anything_false_was_shown_is_no_fall_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.plain = True
        for _ in range(2):
            [shown] = false_servers.in_turn(bench, (PICTURES,), "self-signed", WAIT_S)
            assert shown.instead
        plain = home.sent[-1].model_copy(update={"at": 1.0, "protocol": "http", "port": 80, "sent": 9})
        home.sent.insert(0, plain)
        [shown] = false_servers.in_turn(bench, (PICTURES,), "self-signed", WAIT_S)
        assert not shown.instead


def test_bytes_of_no_known_protocol_are_unclear(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):

        def odd() -> None:
            home.tell(MEDIA, 7)
            home.sent[-1] = home.sent[-1].model_copy(update={"protocol": "", "transport": "udp", "port": 5000, "sent": 9, "shown": ""})

        home.on_time = odd
        [shown] = false_servers.in_turn(bench, (PICTURES,), "self-signed", WAIT_S)
    assert shown.unclear == (f"in the clear to {MEDIA} port 5000/udp",)
    assert shown.instead == ()


def test_a_handshake_that_the_lab_cut_is_no_attempt(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        shown = false_servers.in_turn(bench, (API,), "expired", WAIT_S)
        assert shown[0].attempts > 0
        monkeypatch.setattr(home, "received", lambda: tuple(each.model_copy(update={"refused": "ended by the lab"}) for each in home.sent))
        assert false_servers.in_turn(bench, (API,), "expired", WAIT_S)[0].attempts == 0


def test_after_a_restart_all_are_false_at_once_and_then_who_did_not_come(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.deaf_to = {"trigger_event"}
        shown = false_servers.at_boot(dataclasses.replace(bench, effort="full"), (API, PICTURES), "expired", WAIT_S)
    assert [(each.when, each.attempts > 0) for each in shown] == [("after a restart", True), ("after a restart", False)]


def test_effort_quick_restarts_with_one_of_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        counts = [len(false_servers.at_boot(bench, (API,), certificate, WAIT_S)) for certificate in FALSE_CERTIFICATES]
    assert sorted(counts) == [0] * 5 + [1]
    assert set(bench.spared.take()) == {"a restart with 1 of 6 false certificates"}


def test_a_camera_that_does_not_restart_is_undecided(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.probes.life_phases.GONE_S", 0.1)
    with house(desk, monkeypatch) as (bench, home):
        home.deaf_to = {"restart"}
        with pytest.raises(Undecided, match="was not restarted"):
            false_servers.at_boot(bench, (API,), "unknown issuer", WAIT_S)
        assert home.false == {}


def test_without_a_router_of_the_labs_nobody_stands_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _), pytest.raises(NotPossible, match="no router"):
        false_servers.servers(dataclasses.replace(bench, stand_in=None))


def test_giving_back_looks_whether_the_device_is_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "BACK_S", 0.1)
    with house(desk, monkeypatch) as (bench, home):
        assert "answers" in false_servers.be_genuine(bench, (API,), "expired", WAIT_S).how
        home.dead = True
        with pytest.raises(NotRestored):
            false_servers.be_genuine(bench, (API,))


def test_an_address_and_a_name_are_seen_again_by_their_own_filters(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        by_address = TlsServer(host="203.0.113.9", port=443)
        assert isinstance(home, House)
        false_servers.in_turn(bench, (API, by_address), "expired", 1.0)
        hints = " ".join(bench.hints)
    assert f'server_name == "{CLOUD}"' in hints
    assert "ip.dst == 203.0.113.9" in hints

"""Links to recordings, of the emulated camera and of recorders of other makes: what opens, what is refused, and what is undecided."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.api import Recorded
from harness.model.errors import NotPossible, Undecided
from harness.probes import card_files, card_places, recordings, sharing, storage
from harness.probes.actions.outcome import Outcome, State
from tests.builders.devices import Desk, device
from tests.builders.emulated import emulated
from tests.builders.recorder import FILM, LIFE_S, LIST, Recorder, declared, recorder
from tests.builders.webcam import WEB_PORT

EVERY_HOW = recordings.FOREIGN


def kinds(bench: Bench) -> dict[str, Recorded]:
    return {kind.id: kind for kind in bench.profile.ixit.api.recordings}


def desk(folder: Path) -> Desk:
    folder.mkdir()
    return Desk(folder)


def granted(bench: Bench) -> set[str]:
    """Which foreign uses of which kinds are served."""
    return {f"{kind.id} {how}" for kind in kinds(bench).values() for how in EVERY_HOW if recordings.use(bench, kind, how).served}


@pytest.mark.once
def test_a_sound_camera_opens_links_for_those_who_may_only(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert recordings.make(bench).granted
        assert all(recordings.open_as_owner(bench, kind).granted for kind in kinds(bench).values())
        assert granted(bench) == set()
        notes = {(name, how): recordings.use(bench, kind, how).note for name, kind in kinds(bench).items() for how in EVERY_HOW[:1]}
        assert notes["film", "without a session"] == "opens by itself for 300 s, as stated"
        assert notes["file", "without a session"] == ""
        seen = {name: recordings.collect(bench, kind, 30) for name, kind in kinds(bench).items()}
        assert {name: (each.bound, each.whole, each.guessable(128)) for name, each in seen.items()} == {
            "film": (False, True, False),
            "picture": (False, True, False),
            "file": (True, True, False),
        }
        assert seen["film"].bits == 192
        assert sharing.share(bench, "web").granted
        other = recordings.use_as_other(bench, kinds(bench)["file"])
        assert (other.served, other.note) == (False, "the account may see recordings")
        owners = kinds(bench)["file"].model_copy(update={"role": "owner"})
        assert recordings.use_as_other(bench, owners).opened[0].how == "the list itself"
        held = [recordings.hold(bench, kind) for kind in kinds(bench).values()]
        assert all(each.granted for each in held)
        assert all(recordings.use_again(bench, each).granted for each in held)
        assert sharing.end(bench, "web").granted
        assert not any(recordings.use_again(bench, each).granted for each in held)
        assert recordings.hold(bench, kinds(bench)["film"]).state == "unclear"


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "served"),
    [
        ("recording-part-open", {"file without a session", "file after log-out"}),
        ("recording-picture-by-name", {"picture after log-out", "picture after its life"}),
        ("recording-link-without-end", {"film after its life", "picture after its life"}),
        ("recording-link-outlives-log-out", {"film after log-out", "picture after log-out"}),
        ("recording-name-climbs", {"file altered"}),
        ("recording-link-counted", {"film altered", "picture altered"}),
        ("api-style-sheet-open", {"file without a session"}),
    ],
)
def test_what_a_flaw_opens_is_found(flaw: str, served: set[str], tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == served


@pytest.mark.once
@pytest.mark.parametrize(("flaw", "words"), [("recording-link-counted", " bits"), ("recording-link-compared-short", "48 bits")])
def test_links_that_can_be_guessed_are_found(flaw: str, words: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        assert recordings.make(bench).granted
        seen = recordings.collect(bench, kinds(bench)["film"], 50)
        assert seen.guessable(128)
        assert words in seen.asked


@pytest.mark.once
@pytest.mark.parametrize(("flaw", "places"), [("", 0), ("card-served-by-name", 1)])
def test_files_of_the_card_are_asked_for_by_their_names(flaw: str, places: int, tmp_path: Path) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        empty = storage.copy(bench, "card")
        with pytest.raises(Undecided, match="holds no film or picture"):
            card_files.find(bench, empty)
        assert recordings.make(bench).granted
        files = card_files.find(bench, storage.copy(bench, "card"))
        assert {file.kind for file in files} == {"heif, avif or mp4", "jpeg"}
        told = [card_files.ask_by_name(bench, file) for file in files]
        assert [(each.served, len(each.given)) for each in told] == [(bool(places), places)] * len(files)
        assert all(each.addresses > 50 for each in told)
        strange = files[0].model_copy(update={"path": "a b/c.mp4"})
        with pytest.raises(NotPossible, match="no name that can be asked for"):
            card_files.ask_by_name(bench, strange)
        lonely = replace(bench, profile=declared().model_copy(update={"ixit": declared().ixit.model_copy(update={"log_intf": ()})}))
        with pytest.raises(Undecided, match="no HTTP service"):
            assert card_files.ask_by_name(lonely, files[0]).served


@pytest.mark.parametrize(("flaw", "places"), [("", 0), ("card-served-elsewhere", 1)])
def test_files_are_asked_for_where_the_device_tells_of_them(tmp_path: Path, flaw: str, places: int) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        assert recordings.make(bench).granted
        files = card_files.find(bench, storage.copy(bench, "card"))
        assert not any(card_files.ask_by_name(bench, file).served for file in files)
        told = card_places.ask_where_told(bench, files)
        assert [(each.served, len(each.given)) for each in told] == [(bool(places), places)] * 2
        assert all(4 < each.addresses < 100 for each in told)


@dataclass
class Site(Recorder):
    """A server of files with one film in its list."""

    pages: Mapping[str, bytes] = field(default_factory=dict)

    def reply(self, path: str, session: str, given: dict[str, Any]) -> tuple[int, str, bytes]:
        """To anybody what is there."""
        page = self.pages.get(path)
        return super().reply(path, session, given) if page is None else (200, "video/mp4" if page == FILM else "text/html", page)

    def links(self, session: str) -> list[str]:
        """To its owner."""
        return ["/m0/t/a.mp4"] if session else []


SITES: dict[str, dict[str, bytes]] = {
    "a list below a usual folder": {"/sd/": b'<a href="deep/">deep</a>', "/sd/deep/": b'<a href="a.mp4">a</a>', "/sd/deep/a.mp4": FILM},
    "a list that a page leads to": {"/": b'<a href="/x9/">all</a>', "/x9/": b'<a href="y/">y</a>', "/x9/y/": b'<a href="a.mp4">a</a>'},
    "a folder that a script goes on from": {"/": b"<script>show(`/v9/${name}`)</script>", "/v9/clips/a.mp4": FILM},
    "the folder of a link": {"/m0/t/a.mp4": FILM},
    "nothing": {"/": b'<a href="/x9/">all</a>', "/x9/": b"empty"},
}


@pytest.mark.parametrize("shown", SITES)
@pytest.mark.parametrize("life_s", [None, 100.0])
def test_lists_of_files_pages_and_links_that_lead_to_the_card(tmp_path: Path, shown: str, life_s: float | None) -> None:
    """A link that opens by itself, as stated, leads nowhere else."""
    file = card_files.CardFile(path="clips/a.mp4", kind="mp4", size=len(FILM), begin=FILM.decode("latin-1"))
    with device(Site(form="plain", pages=SITES[shown]).talk) as port:
        bench = Desk(tmp_path).bench(declared(**({} if life_s is None else {"life_s": life_s})), {WEB_PORT: port})
        (told,) = card_places.ask_where_told(bench, [file])
        assert told.served is (shown != "nothing" and not (life_s and shown == "the folder of a link"))


def test_folders_are_those_on_the_way_to_what_is_named() -> None:
    told = card_places.folders_in(
        [
            '{"film": "/media/9f86d081884c7d659a2f/a.mp4", "p": "\\/r7\\/clips\\/a.mp4", "t": "video/mp4", "u": "http://cam/w/b/c.jpg"}',
            "/v9/",
            "/x/../y",
        ]
    )
    assert told == ("/r7", "/r7/clips", "/w", "/w/b", "/v9", "/x")
    assert card_places.folders_in(["/api/delete/x/y", "/api/reset/"]) == ("/api",)
    assert len(card_places.folders_in(f"/f{number}/x" for number in range(200))) == card_places.FOLDERS_MOST


@pytest.mark.parametrize("refusal", ["", "page-for-all", "error-with-200", "redirects"])
@pytest.mark.parametrize("form", ["plain", "token"])
def test_sound_recorders_that_refuse_in_many_ways(form: str, refusal: str, tmp_path: Path) -> None:
    with recorder(Desk(tmp_path), form, *filter(None, [refusal])) as (bench, _):
        assert recordings.make(bench).granted
        film = kinds(bench)["film"]
        assert recordings.open_as_owner(bench, film).granted
        assert granted(bench) == set()
        seen = recordings.collect(bench, film, 50)
        assert (seen.bound, seen.guessable(64)) == (form == "plain", False)


def test_a_link_that_never_ends_or_whose_end_can_be_written_anew_is_found(tmp_path: Path) -> None:
    with recorder(desk(tmp_path / "one"), "forever") as (bench, _):
        assert recordings.make(bench).granted
        film = kinds(bench)["film"]
        assert granted(bench) == {"film after log-out", "film after its life"}
        seen = recordings.collect(bench, film, 24)
        assert (seen.whole, seen.guessable(100)) == (True, False)
    with recorder(desk(tmp_path / "two"), "says") as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film after its life"}
        late = recordings.use(bench, kinds(bench)["film"], "after its life")
        assert "and a week" in late.asked
    with recorder(desk(tmp_path / "three"), "token", "any-film") as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film altered"}
    with recorder(desk(tmp_path / "five"), "token", "token-optional") as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film altered", "film after its life"}
        assert "without t" in recordings.use(bench, kinds(bench)["film"], "altered").asked
    with recorder(desk(tmp_path / "nine"), "plain", "post-open") as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film without a session"}
        assert "by POST" in recordings.use(bench, kinds(bench)["film"], "without a session").asked
    with recorder(desk(tmp_path / "eight"), "token", "use-prolongs") as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film after its life"}
    with recorder(desk(tmp_path / "six"), "plain", profile=declared(life_s=LIFE_S)) as (bench, _):
        assert recordings.make(bench).granted
        assert granted(bench) == {"film after its life"}
    with recorder(desk(tmp_path / "seven"), "token", profile=declared(life_s=1e6)) as (bench, _):
        assert recordings.make(bench).granted
        with pytest.raises(Undecided, match="longer than is waited for"):
            recordings.use(bench, kinds(bench)["film"], "after its life")
    with recorder(desk(tmp_path / "four"), "forever", profile=declared(life_s=LIFE_S, outlives_log_out="yes")) as (bench, _):
        assert recordings.make(bench).granted
        assert "also after log-out" in recordings.use(bench, kinds(bench)["film"], "after log-out").note


def test_what_settles_nothing_is_undecided(tmp_path: Path) -> None:
    with recorder(desk(tmp_path / "one"), "plain", "breaks") as (bench, _):
        assert recordings.make(bench).granted
        used = recordings.use(bench, kinds(bench)["film"], "without a session")
        with pytest.raises(Undecided, match="neither a refusal"):
            assert used.served
        with pytest.raises(Undecided, match="neither a refusal"):
            recordings.collect(bench, kinds(bench)["film"], 5)
    with recorder(desk(tmp_path / "two"), "plain", profile=declared(links="nothing")) as (bench, _):
        made = recordings.make(bench)
        assert made.state == "unclear"
        assert "nothing listed of film" in made.why
        with pytest.raises(Undecided, match="none is listed for owner"):
            recordings.open_as_owner(bench, kinds(bench)["film"])
    with recorder(desk(tmp_path / "three"), "plain", profile=declared(links="", regex=r'"(/film/0001[^"]*)"')) as (bench, _):
        assert recordings.make(bench).granted
        with pytest.raises(Undecided, match="only one link was given"):
            recordings.use(bench, kinds(bench)["film"], "altered")
    far = declared(links="['http://elsewhere.example/a.mp4']")
    with recorder(desk(tmp_path / "four"), "plain", profile=far) as (bench, _), pytest.raises(Undecided, match="leads to another host"):
        recordings.make(bench)
    elsewhere = declared().model_copy(update={"actions": {k: v for k, v in declared().actions.items() if k != "list_recordings"}})
    with recorder(desk(tmp_path / "five"), "plain", profile=elsewhere) as (bench, _), pytest.raises(NotPossible, match="list_recordings"):
        recordings.open_as_owner(bench, kinds(bench)["film"])
    assert LIST["inside"] == "web"


@pytest.mark.once
def test_an_account_that_is_given_no_list_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulated camera shows its files to viewers too: where they are given no list, that is an offence."""
    listed = recordings._list

    def refuse(state: State) -> None:
        asked = iter([(Outcome(state=state, why="status 403", asked="list"), ())])
        monkeypatch.setattr(recordings, "_list", lambda *given: next(asked, None) or listed(*given))

    with emulated(tmp_path) as (bench, _):
        assert recordings.make(bench).granted
        assert sharing.share(bench, "web").granted
        refuse("refused")
        file = recordings.use_as_other(bench, kinds(bench)["file"])
        assert (file.served, file.opened[0].how) == (True, "as it is")
        refuse("refused")
        film = recordings.use_as_other(bench, kinds(bench)["film"])
        assert (film.served, film.note) == (False, "opens by itself for 300 s, as stated")
        refuse("unclear")
        with pytest.raises(Undecided, match="whether it is given a list is unclear"):
            recordings.use_as_other(bench, kinds(bench)["file"])


def test_few_links_say_nothing() -> None:
    few = recordings.Chance(asked="50 links", wanted=50, number=5, bits=200)
    with pytest.raises(Undecided, match="only 5 were given"):
        few.guessable(128)
    assert not few.whole

"""SYS-10's probes on small devices that answer in ways of their own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.probes import functions, storage
from harness.probes.functions import Found, Function, Tried
from tests.builders.devices import Desk
from tests.builders.emulated import emulated
from tests.builders.interface import ENDPOINTS, interface, profile


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def one(found: Found, name: str) -> Function:
    return next(each for each in found.all if f"{each.method} {each.path}" == name)


def as_owner(bench: Bench) -> Found:
    """Find all, and ask each with the owner's session, as the controls of the case do."""
    found = functions.find(bench)
    for each in found.giving:
        functions.read_as_owner(bench, each)
    for each in found.doing:
        functions.do_as_owner(bench, each)
    return found


def tried(bench: Bench, name: str) -> Tried:
    function = one(as_owner(bench), name)
    return functions.read_without(bench, function) if function.does == "read" else functions.do_without(bench, function)


def test_functions_are_those_declared_and_those_that_the_page_names(desk: Desk) -> None:
    with interface(desk) as (bench, camera):
        found = functions.find(bench)
    assert {f"{each.method} {each.path}" for each in found.guarded} == {
        "GET /session",
        "GET /config",
        "GET /users",
        "POST /config",
        "POST /reboot.cgi",
    }
    assert {each.path for each in found.free} == {"/state", "/login"}
    assert found.undeclared == ()
    assert set(found.pages) == {"/", "/app.js", "/logo.png"}
    assert not any(path.endswith("/reboot.cgi") for path in camera.asked)


def test_what_is_named_and_not_declared_is_told_unless_it_is_dangerous_to_look(desk: Desk) -> None:
    fewer = [each for each in ENDPOINTS if each["path"] not in ("/users", "/reboot.cgi")]
    with interface(desk, declared=profile(fewer)) as (bench, _):
        found = functions.find(bench)
    assert [(each.path, each.declared) for each in found.undeclared] == [("/users", False)]
    assert [each.path for each in found.left_out] == ["/reboot.cgi"]


def test_a_sound_device_grants_its_owner_and_nobody_else(desk: Desk) -> None:
    with interface(desk) as (bench, camera):
        found = functions.find(bench)
        assert all(functions.read_as_owner(bench, each).granted for each in found.giving)
        assert all(functions.do_as_owner(bench, each).granted for each in found.doing)
        assert not any(functions.read_without(bench, each).served for each in found.giving)
        reboots = [each for each in found.doing if each.does == "restart"]
        assert not any(functions.do_without(bench, each).served for each in found.doing if each not in reboots)
        assert [functions.ask_free(bench, each).tells for each in found.free] == [(), ()]
        with pytest.raises(NotPossible, match="the bench permits acts up to change"):
            functions.do_without(bench, reboots[0])
        assert not functions.do_without(replace(bench, impact="reboot"), reboots[0]).served
    assert camera.light == "off"


@pytest.mark.parametrize(
    ("flaw", "name", "shown"),
    [
        ("open-users", "GET /users", "nothing"),
        ("open-to-ended", "GET /users", "a session that has ended"),
        ("open-to-beginnings", "GET /config", "a token cut short"),
        ("open-config", "POST /config", "nothing"),
        ("gives-with-401", "GET /users", "nothing"),
        ("open-by-HEAD", "GET /users", "nothing, by HEAD"),
        ("open-by-get", "GET /config", "nothing, by a method in small letters"),
        ("open-by-CAMLABEL", "GET /config", "nothing, by a method that there is not"),
        ("open-by-header", "GET /users", "nothing, at /, by a header that names the address"),
        ("open-by-header", "GET /users", "nothing, at /state, by a header that names the address"),
        ("open-by-header", "POST /config", "nothing, at /, by a header that names the address"),
        ("open-to-name", "GET /config", "nothing but the owner's name, basic"),
    ],
)
def test_each_opening_is_found_with_the_key_that_opens(desk: Desk, flaw: str, name: str, shown: str) -> None:
    with interface(desk, flaw) as (bench, _):
        told = tried(bench, name)
        assert told.served
        assert shown in {each.shown for each in told.answers if each.state == "granted"}


@pytest.mark.parametrize("flaw", ["head-is-200", "form-instead-of-401"])
def test_a_head_that_tells_of_nothing_is_no_opening(desk: Desk, flaw: str) -> None:
    """200 without a length for whatever is asked; the form that GET gets too."""
    with interface(desk, flaw) as (bench, _):
        answers = tried(bench, "GET /users").answers
        assert {each.state for each in answers if each.shown.endswith("HEAD")} == {"refused"}


def test_a_method_that_gets_no_answer_gives_nothing(desk: Desk) -> None:
    with interface(desk) as (bench, camera):
        camera.drops = True
        assert not tried(bench, "GET /config").served


def test_a_refusal_that_was_obeyed_all_the_same_is_seen_in_the_state(desk: Desk) -> None:
    with interface(desk, "acts-and-refuses") as (bench, camera):
        told = tried(bench, "POST /config")
        assert {each.state for each in told.answers} == {"refused"}
        assert told.changed == ("/config .light",)
        assert told.served
        assert camera.light == "on"


def test_a_page_that_answers_everything_with_its_form_is_neither_open_nor_proven(desk: Desk) -> None:
    """Nothing is told apart: the owner is not shown to be granted anything, and nobody is said to be."""
    with interface(desk, "form-for-everything") as (bench, _):
        found = functions.find(bench)
        assert found.undeclared == ()
        for each in found.giving:
            with pytest.raises(Undecided):
                assert functions.read_as_owner(bench, each).granted
            assert not functions.read_without(bench, each).served
        for each in found.doing:
            with pytest.raises(Undecided):
                assert functions.do_as_owner(bench, each).granted


def test_a_form_instead_of_a_refusal_is_one_where_the_owner_gets_something_else(desk: Desk) -> None:
    with interface(desk, "form-instead-of-401") as (bench, _):
        found = as_owner(bench)
        assert all(functions.read_as_owner(bench, each).granted for each in found.giving)
        assert not any(functions.read_without(bench, each).served for each in found.giving)
        assert not functions.do_without(bench, one(found, "POST /config")).served


def test_200_with_a_code_is_unclear_until_the_profile_says_what_it_means(desk: Desk) -> None:
    def one_of(path: str, **more: object) -> Callable[[dict[str, object]], dict[str, object]]:
        return lambda each: {**each, **more} if each["path"] == path else each

    with interface(desk, "code-and-200") as (bench, _):
        assert not tried(bench, "GET /users").served  # the same is said of paths that do not exist
    told = list(map(one_of("/users", refused_when={"json": "code == `-1`"}), ENDPOINTS))
    with interface(desk, "code-and-200", declared=profile(told)) as (bench, _):
        answers = tried(bench, "GET /users").answers
        assert {each.why for each in answers if each.shown == "nothing"} == {"status 200, a refusal as the profile says"}


def test_an_error_of_the_server_is_no_refusal(desk: Desk) -> None:
    with interface(desk, "server-error") as (bench, camera):
        found = as_owner(bench)
        camera.flaws = frozenset({"server-error"})
        told = functions.read_without(bench, one(found, "GET /users"))
        assert {each.state for each in told.answers} <= {"unclear", "refused"}


def test_an_open_answer_that_tells_what_is_guarded_is_found(desk: Desk) -> None:
    with interface(desk, "state-tells") as (bench, _):
        found = as_owner(bench)
        assert functions.ask_free(bench, one(found, "GET /state")).tells == ("name of /config",)


@pytest.mark.parametrize(
    ("more", "tells"),
    [
        ({}, ()),
        ({"sensitive": "yes"}, ("what the profile calls sensitive",)),
        ({"effect": "update"}, ("declared so that anybody may update the device",)),
    ],
)
def test_what_is_declared_open_is_held_against_the_rest_of_the_profile(desk: Desk, more: dict[str, str], tells: tuple[str, ...]) -> None:
    declared = [*ENDPOINTS, {"path": "/app.js", "role": "anyone", **more}]
    with interface(desk, declared=profile(declared)) as (bench, camera):
        found = as_owner(bench)
        camera.asked.clear()
        assert functions.ask_free(bench, one(found, "GET /app.js")).tells == tells
    assert ("GET /app.js" in camera.asked) == ("effect" not in more)


@pytest.mark.parametrize(("flaws", "tells"), [((), ()), (("open-users",), ("what list_viewers gives the owner in a session",))], ids=str)
def test_what_an_action_gives_the_owner_is_not_for_anybody(desk: Desk, flaws: tuple[str, ...], tells: tuple[str, ...]) -> None:
    """A refusal tells nothing, whatever the profile allows."""
    step = {"request": {"method": "GET", "path": "/users"}}
    listing = {"steps": [step], "granted_when": {"status": 200, "json": "users"}, "refused_when": {"status": 401}}
    declared = [{**each, "role": "anyone", "state": "no"} if each["path"] == "/users" else each for each in ENDPOINTS]
    with interface(desk, *flaws, declared=profile(declared, list_viewers={"web": listing})) as (bench, _):
        assert functions.ask_free(bench, one(as_owner(bench), "GET /users")).tells == tells


def test_without_a_table_or_a_state_nothing_is_concluded(desk: Desk) -> None:
    with interface(desk, declared=profile([])) as (bench, _), pytest.raises(Undecided, match=r"api\.endpoints is empty"):
        functions.find(bench)
    stateless = [{name: value for name, value in each.items() if name != "state"} for each in ENDPOINTS]
    with interface(desk, declared=profile(stateless)) as (bench, _):
        found = as_owner(bench)
        with pytest.raises(Undecided, match="state: yes"):
            functions.do_without(bench, one(found, "POST /config"))


def test_sessions_that_do_not_end_leave_no_ended_one(desk: Desk) -> None:
    for declared in (profile(idle_s=None), profile(idle_s=1)):
        with interface(desk, declared=declared) as (bench, _):
            told = tried(bench, "GET /users")
            assert "a session that has ended" not in {each.shown for each in told.answers}
            assert not told.served


def test_a_service_with_a_log_in_of_http_is_asked_with_empty_ones(desk: Desk) -> None:
    with interface(desk, declared=profile(interface="http")) as (bench, _):
        told = functions.read_without(bench, one(functions.find(bench), "GET /users"))
    shown = {each.shown for each in told.answers}
    assert {"nothing", "an empty log-in, Basic", "an empty log-in, Digest", "cookies that other cameras take for a log-in"} <= shown
    assert sum(each.startswith("nothing, as if") for each in shown) == 4
    assert not told.served


def test_an_undo_is_asked_by_the_owner(desk: Desk) -> None:
    with interface(desk) as (bench, camera):
        found = as_owner(bench)
        camera.light = "on"
        assert "undone: status 200" in functions.take_back(bench, one(found, "POST /config")).found
        assert camera.light == "off"
        assert functions.take_back(bench, one(found, "GET /users")).found == "the owner is let in"


@pytest.mark.once
def test_what_the_software_names_is_looked_for(tmp_path: Path) -> None:
    """A hidden function is there and in no document; what is declared, or is not there, is not hidden."""
    with emulated(tmp_path, "api-hidden-in-firmware") as (bench, _):
        named = functions.named_in_firmware(bench, storage.copy(bench))
        hidden = [path for path in named.paths if functions.look_at(bench, path).hidden]
    assert {"/api/log", "/api/debug/config"} <= set(named.paths)
    assert not named.troubles
    assert hidden == ["/api/debug/config"]

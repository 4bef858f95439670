"""Ready-made log-ins in a profile: what is wrong with one is told where it stands, and none smuggles in what a template may not do."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.model.errors import UsageError
from harness.model.recipe import Recipe
from harness.profile.read import read_profile
from tests.builders.log_ins import KINDS

SAMPLE = Path(__file__).parents[2] / "device_profiles/emulated-fast.yaml"


def written(folder: Path, **actions: Any) -> Path:
    """The emulated camera's profile with other actions."""
    yaml = YAML()
    document = yaml.load(SAMPLE.read_text())
    document["actions"] |= actions
    path = folder / "profile.yaml"
    yaml.dump(document, path)
    return path


def log_in(folder: Path, log_in: Any) -> Recipe:
    """The page's log-in, as the profile has it then."""
    recipe = read_profile(written(folder, log_in={"web": log_in})).recipe("log_in", "web")
    assert recipe is not None
    return recipe


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_read_from_a_file(kind: str, tmp_path: Path) -> None:
    recipe = log_in(tmp_path, KINDS[kind])
    assert recipe.session is not None
    assert len(recipe.steps) == (2 if kind in ("form", "challenge") else 1)


def test_the_nested_hash_is_spelled_out(tmp_path: Path) -> None:
    body = log_in(tmp_path, {**KINDS["challenge"], "hash": "sha256", "order": "secret:nonce"}).steps[1].request.json_body
    assert isinstance(body, dict)
    assert body["params"] == {
        "user": "{{ user }}",
        "password": '{{ (((user ~ ":" ~ realm ~ ":" ~ password)|sha256) ~ ":" ~ nonce)|sha256 }}',
    }


MISTAKES = [
    ({**KINDS["digest"], "ready": "kerberos"}, "write ready: basic, digest, bearer, form or challenge"),
    ({"ready": ["digest"], "path": "/"}, "write ready: basic, digest, bearer, form or challenge"),
    ({"ready": "digest"}, "actions.log_in.web: is no whole log-in of the kind digest: path: Field required"),
    ({"ready": "digest", "path": "state"}, "is no whole log-in of the kind digest: path: String should match pattern"),
    ({**KINDS["bearer"], "pasword": "x"}, "is no whole log-in of the kind bearer: pasword: Extra inputs are not permitted"),
    ({**KINDS["form"], "cookie": None}, "is no whole log-in of the kind form: cookie: Input should be a valid string"),
    ({**KINDS["form"], "csrf": {"field": "csrf"}}, "is no whole log-in of the kind form: "),
    ({**KINDS["form"], "csrf": {"field": "csrf", "regex": "("}}, "is no regular expression"),
    ({**KINDS["challenge"], "hash": "rot13"}, "is no whole log-in of the kind challenge: hash: Input should be"),
    ({**KINDS["challenge"], "take": {"realm": "params.realm", "nonce": "params.random"}}, "'session' is no value known here"),
    ({**KINDS["challenge"], "take": {"password": "x"}}, "is no whole log-in of the kind challenge: take.password"),
]


@pytest.mark.parametrize(("ready", "told"), MISTAKES, ids=lambda each: str(each)[:60])
def test_a_mistake_in_one_is_told(ready: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        log_in(tmp_path, ready)
    assert told in str(caught.value)
    assert "actions.log_in.web" in str(caught.value)


INJECTIONS = [
    {**KINDS["digest"], "path": "/{{ ''.__class__ }}"},
    {**KINDS["bearer"], "more": {"x": [{"y": "{{ self.__init__ }}"}]}},
    {**KINDS["bearer"], "scheme": "{% for x in user %}{{ x }}{% endfor %}"},
    {**KINDS["form"], "fields": {"x": "{{ 'a' * 10 ** 10 }}"}},
    {**KINDS["form"], "path": "/{% import 'os' as os %}"},
    {**KINDS["challenge"], "ask": {"x": "{{ cycler.__init__.__globals__ }}"}},
    {**KINDS["challenge"], "answer": ["{{ proof }}{{ password | attr('__class__') }}"]},
]


@pytest.mark.parametrize("ready", INJECTIONS, ids=lambda each: str(each)[-60:])
def test_what_a_template_may_not_do_is_refused(ready: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"profile\.yaml:\d+: actions\.log_in\.web"):
        log_in(tmp_path, ready)


def test_names_of_fields_headers_and_cookies_are_no_templates(tmp_path: Path) -> None:
    evil = "{{ user() }}"
    form = log_in(tmp_path, {**KINDS["form"], "cookie": evil, "user": evil, "csrf": {"regex": "(x)", "field": f"{evil}2", "sent_as": evil}})
    assert set(form.steps[1].request.form) >= {evil, f"{evil}2"}
    assert form.session is not None
    assert (set(form.session.cookies), set(form.session.headers)) == ({evil}, {evil})


def test_a_ready_made_log_in_is_no_other_action(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a ready-made log-in under identity, move it to actions\.log_in"):
        read_profile(written(tmp_path, identity={"web": KINDS["digest"]}))


def test_what_is_taken_hides_nothing(tmp_path: Path) -> None:
    steps = [{"request": {"method": "GET", "path": "/"}, "take": {"user": {"json": "user"}, "a-b": {"json": "x"}}}]
    recipe = {"steps": steps, "granted_when": {"status": 200}, "refused_when": {"status": 401}}
    with pytest.raises(UsageError) as caught:
        log_in(tmp_path, recipe)
    assert "take.user: 'user' cannot be taken under this name" in str(caught.value)
    assert "take.a-b: 'a-b' cannot be taken under this name" in str(caught.value)


def test_a_session_by_digest_needs_a_step_by_digest(tmp_path: Path) -> None:
    steps = [{"request": {"method": "GET", "path": "/", "auth": "basic"}}]
    recipe = {"steps": steps, "granted_when": {"status": 200}, "refused_when": {"status": 401}, "session": {"auth": "digest"}}
    with pytest.raises(UsageError, match="has a session by digest, and no step asks with it"):
        log_in(tmp_path, recipe)

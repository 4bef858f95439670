"""Every kind of mistake in a profile: its words and its line, by table; and that all of them come at once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.catalogue.load import load
from harness.model.errors import UsageError
from harness.model.recipe import PLAIN_ACTIONS
from harness.profile.read import read_profile
from tests.builders.papers import PROFILE, edited, line_of, lines, write

_WHOLE = PROFILE.read_text(encoding="utf-8")
SAMPLE = _WHOLE[: _WHOLE.index("  api:")] + _WHOLE[_WHOLE.index("  cloud:\n") :]  # the table api names requests of recipes once more
CATALOGUE = load()


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read_profile(write(tmp_path, text), CATALOGUE)
    return lines(caught.value)


def test_the_sample_is_sound() -> None:
    assert read_profile(PROFILE).dut.firmware_version == "1.0.0"


Change = tuple[str, str, str, str]  # what stands in the sample, what is put there, where the mistake is told, the mistake

FORM: list[Change] = [
    ("camlabel-profile/1", "camlabel-profile/9", "schema:", "schema: is 'camlabel-profile/9', write camlabel-profile/1"),
    ("schema: camlabel-profile/1\n", "", "# What", "schema: is missing, add schema: camlabel-profile/1"),
    ('firmware_version: "1.0.0"', "firmware_version: 1.10", "firmware_v", 'dut.firmware_version: is read as a number, quote it: "1.10"'),
    ('hardware_revision: "1"', "hardware_revision: 1", "hardware_r", 'dut.hardware_revision: is read as a number, quote it: "1"'),
    ("producer: camlabel", "producer:", "producer:", "dut.producer: is empty, write text"),
    ("producer: camlabel", "maker: camlabel", "dut:", "dut.producer: is missing, add producer"),
    ("standalone: yes", "standalone: true-ish", "scope:", "scope.standalone: is 'true-ish', write yes or no"),
    ("  rtsps: yes", "  rtsps: no", "  rtsps:", 'capabilities.rtsps: is "no" without its reason, write {absent: "the reason"}'),
    ("  rtsps: yes", "  rtsps: maybe", "  rtsps:", 'capabilities.rtsps: is neither yes nor {absent: "the reason"}, write one of the two'),
    (
        'bluetooth: {absent: "no radio"}',
        'bluetooth: {absent: ""}',
        "  bluetooth:",
        'capabilities.bluetooth: is neither yes nor {absent: "the reason"}, write one of the two',
    ),
    ("port: 322", "port: 70000", "id: rtsp,", "ixit.log_intf[2].port: is 70000, it must be at most 65535"),
    ("protocol: rtsps, port", "protocol: rstps, port", "id: rtsp,", "ixit.log_intf[2].protocol: is 'rstps', did you mean rtsps?"),
    (
        "protocol: https, port: 443",
        "protocol: https, port: 443, tls: no",
        "id: web, protocol",
        "ixit.log_intf[0]: speaks https with tls: no, leave tls out, or name the protocol without TLS",
    ),
    ("failures: 10", "failures: 0", "failures: 0", "ixit.auth_mech[0].brute_force.failures: is 0, it must be at least 1"),
    ("interface: page", "interface: pages", "interface:", "ixit.auth_mech[0].interface: is 'pages', did you mean page?"),
    (
        "  session: {token_bits: 192",
        "  session: {token_bits: many",
        "  session: {t",
        "ixit.session.token_bits: is 'many', write a whole number",
    ),
    ("  session: {", "  wifi: none\n  session: {", "  wifi: n", "ixit.wifi: is 'none', write a list"),
    ("  session: {", "  wifi: [none]\n  session: {", "  wifi: [", "ixit.wifi[0]: is 'none', write a mapping (key: value)"),
    ("  session: {", "  storage: none\n  session: {", "  storage: n", "ixit.storage: is 'none', write a list"),
    ("  session: {", "  storage: [none]\n  session: {", "  storage: [", "ixit.storage[0]: is 'none', write a mapping (key: value)"),
    ("  identity:", "  identify:", "  identify:", "actions.identify: is 'identify', did you mean identity?"),
    (
        "request: {method: POST, path: /api/login",
        "request: {method: PSOT, path: /api/login",
        "PSOT",
        "actions.log_in.web.steps[0].request.method: is 'PSOT', did you mean POST?",
    ),
    (
        "request: {method: POST, path: /api/login",
        "request: {method: POST, path: login",
        "path: login",
        "actions.log_in.web.steps[0].request: has the path 'login', begin it with / (host and port come from the service)",
    ),
    (
        "take: {token: {json: token}}",
        "take: {token: {json: token, cookie: t}}",
        "cookie: t",
        "actions.log_in.web.steps[0].take.token: does not name one place, give exactly one of json, header, cookie and regex",
    ),
    ("      refused_when: {status: 409}\n", "", "    web:\n      steps", "actions.set_up.web.refused_when: is missing, add refused_when"),
    (
        "      granted_when: {status: 200, json: token}\n",
        "",
        "    web:\n      steps:\n        - service: web\n          request: {method: POST, path: /api/login",
        "actions.log_in.web.granted_when: is missing, add granted_when",
    ),
    (
        "refused_when: {status: 409}",
        "refused_when: {}",
        "refused_when: {}",
        "actions.set_up.web.refused_when: is true of every answer, give status, json, regex or header",
    ),
    (
        "refused_when: {status: 409}",
        "refused_when: {status: 4090}",
        "status: 4090",
        "actions.set_up.web.refused_when.status: is 4090, it must be at most 599",
    ),
    ("scope:", "dut: {}\nscope:", "dut: {}", "dut: is there twice, keep one of the two"),
]

TOGETHER: list[Change] = [
    (
        "standalone: yes",
        "standalone: no",
        "scope:",
        "scope.standalone: is no, only a camera that is a product of its own is in the scheme; do not run it",
    ),
    ("consumer: yes", "consumer: no", "scope:", "scope.consumer: is no, only consumer cameras are in the scheme; do not run it"),
    (
        "public_security: no",
        "public_security: yes",
        "scope:",
        "scope.public_security: is yes, public security systems are out of the scheme; do not run it",
    ),
    (
        "  ethernet: yes\n",
        "",
        "capabilities:",
        'capabilities.ethernet: is not answered, answer yes or {absent: "the reason"} (wired network)',
    ),
    ("  session: {", "  logintf: []\n  session: {", "  logintf", "ixit.logintf: is no IXIT table of the catalogue, did you mean log_intf?"),
    ("  session: {", "  dut: {}\n  session: {", "  dut: {}", "ixit.dut: stands in ixit, move it to the top level"),
    ("id: sub,", "id: main,", "path: /live/sub", "ixit.stream[1].id: the id main is there twice, give each row an id of its own"),
    (
        '  rtsp: {absent: "inside TLS; in the clear only while its owner allows it (user_dec)"}',
        "  rtsp: yes",
        "  rtsp: yes",
        "capabilities.rtsp: is yes, but ixit.stream lists no row for it: add a stream with protocol rtsp, or say why it is absent",
    ),
    (
        "  onvif: yes",
        "  onvif: {absent: x}",
        "    - id: onvif",
        "ixit.log_intf[1]: is a service with protocol onvif, but onvif declared absent: answer yes there, or remove it",
    ),
    (
        "  local_snapshot: yes",
        "  local_snapshot: {absent: x}",
        "id: still",
        "ixit.stream[2]: is a stream with protocol snapshot, but local_snapshot declared absent: answer yes there, or remove it",
    ),
    (
        "  local_web_ui: yes",
        "  local_web_ui: {absent: x}",
        "    - id: web",
        "ixit.auth_mech[0]: is a surface with interface page, but local_web_ui declared absent: answer yes there, or remove it",
    ),
    (
        "id: still, protocol: snapshot, service: web",
        "id: still, protocol: snapshot, service: wbe",
        "id: still",
        "ixit.stream[2].service: 'wbe' is no service in ixit.log_intf, did you mean web?",
    ),
    (
        "path: /live/sub, local",
        "path: /live/sub, auth: wbe, local",
        "/live/sub",
        "ixit.stream[1].auth: 'wbe' is no surface in ixit.auth_mech, did you mean web?",
    ),
    (
        "path: /live/sub, local",
        "path: /live/sub, auth: Digest, local",
        "/live/sub",
        "ixit.stream[1].auth: 'Digest' is no surface in ixit.auth_mech, did you mean digest?",
    ),
    (
        "id: main, protocol: rtsps, service: rtsp",
        "id: main, protocol: rtsps, service: web",
        "id: main",
        "ixit.stream[0].service: web speaks https, name a service that speaks rtsps",
    ),
    (
        "      service: web\n      factor",
        "      factor",
        "    - id: web",
        "ixit.auth_mech[0].service: '' is no service in ixit.log_intf, use one of mdns, onvif, rtsp, upnp, web, ws-discovery",
    ),
    (
        "change: [web, legacy, onvif]",
        "change: [web, legcy, legacy]",
        "change:",
        "ixit.auth_mech[0].change[1]: 'legcy' is no way in actions.change_password, did you mean legacy?",
    ),
    (
        "change: [web, legacy, onvif]",
        "change: [web]",
        "    legacy:",
        "actions.change_password.legacy: is offered by no surface, list it under change of a row of ixit.auth_mech",
    ),
    (
        "      inside: web\n",
        "",
        "    legacy:",
        (
            "actions.change_password.legacy: has no log-in of its own name legacy, "
            "say inside which log-in it runs (or inside: none), or add actions.log_in for it"
        ),
    ),
    (
        "inside: web",
        "inside: wbe",
        "inside: wbe",
        "actions.change_password.legacy.inside: 'wbe' is no way in actions.log_in, did you mean web?",
    ),
    (
        "  log_in:\n    web:",
        "  log_in:\n    wbe:",
        "    wbe:",
        "actions.log_in.wbe: 'wbe' is no surface in ixit.auth_mech, did you mean web?",
    ),
    (
        "service: web, request: {method: GET, path: /api/session}",
        "service: wbe, request: {method: GET, path: /api/session}",
        "wbe",
        "actions.use_session.web.steps[0].service: 'wbe' is no service in ixit.log_intf, did you mean web?",
    ),
    (
        "service: web, request: {method: GET, path: /api/session}",
        "service: rtsp, request: {method: GET, path: /api/session}",
        "service: rtsp, req",
        "actions.use_session.web.steps[0].service: rtsp speaks rtsps, name a service that speaks http or https",
    ),
    (
        "paths: [network, page]",
        "paths: [network, network, page]",
        "paths: [network, network",
        "ixit.upd_mech[0].paths[1]: network is there twice, name each path once",
    ),
    (
        "  offer_update:\n    page:",
        "  offer_update:\n    pgae:",
        "    pgae:",
        "actions.offer_update.pgae: 'pgae' is no path in ixit.upd_mech, did you mean page?",
    ),
    (
        'json: {version: "{{ version }}", path',
        'json: {version: "{{ verison }}", path',
        "verison",
        "ixit.upd_mech[0].server[0].json.version: 'verison' is no value known here, did you mean version?",
    ),
    (
        "'/v1/firmware/.*', package",
        "'/v1/firmware/(.*', package",
        "/(.*",
        (
            "ixit.upd_mech[0].server[1].target: '/v1/firmware/(.*' is no regular expression "
            "(missing ), unterminated subpattern at position 13), mend it"
        ),
    ),
    (
        "'/v1/firmware/.*', package: yes",
        "'/v1/firmware/.*', package: yes, body: x",
        "body: x",
        "ixit.upd_mech[0].server[1]: does not say what is answered, give exactly one of package: yes, json and body",
    ),
    (
        "upload: {name: update.bin}",
        "upload: {name: update.bin}, form: {a: b}",
        "form: {a: b}",
        "actions.offer_update.page.steps[0].request: has more than one body, keep one of json, form, body and upload",
    ),
    (
        "tds:GetServices,",
        "tds:SystemReboot,",
        "SystemReboot",
        "ixit.log_intf[1].before_login[1]: 'tds:SystemReboot' is no reading operation, write names like tds:GetSystemDateAndTime",
    ),
    (
        "tds:GetServices,",
        "GetServices,",
        "before_login",
        "ixit.log_intf[1].before_login[1]: 'GetServices' is no reading operation, write names like tds:GetSystemDateAndTime",
    ),
    (
        "protocol: https, port: 443",
        "protocol: https, port: 443, before_login: [tds:GetServices]",
        "id: web, protocol",
        "ixit.log_intf[0].before_login: is given for a service that speaks https, remove it; it lists ONVIF operations",
    ),
    (
        '"{{ user }}", password',
        '"{{ user }", password',
        "/api/setup",
        "actions.set_up.web.steps[0].request.json.user: does not compile (unexpected '}'), mend the template",
    ),
    (
        '"{{ user }}", password',
        '"{{ usr }}", password',
        "/api/setup",
        "actions.set_up.web.steps[0].request.json.user: 'usr' is no value known here, did you mean user?",
    ),
    (
        "path: /api/session",
        'path: "/api/{{ new }}"',
        '{{ new }}"}}',
        "actions.use_session.web.steps[0].request.path: 'new' is no value known here, use one of address, chance, count, user",
    ),
    (
        "Bearer {{ token }}",
        "Bearer {{ tokn }}",
        "tokn",
        "actions.log_in.web.session.headers.Authorization: 'tokn' is no value known here, did you mean token?",
    ),
    (
        "Bearer {{ token }}",
        "Bearer {{ token | rot13 }}",
        "rot13",
        (
            "actions.log_in.web.session.headers.Authorization: the filter 'rot13' is not known, "
            "use one of b64encode, default, length, lower, md5, number, sha1, sha256, tojson, trim, upper, urlencode"
        ),
    ),
    (
        "Bearer {{ token }}",
        "Bearer {{ token.__class__ }}",
        "__class__",
        "actions.log_in.web.session.headers.Authorization: uses Getattr, keep to names, filters, ~ and if",
    ),
    (
        "Bearer {{ token }}",
        "Bearer {% for a in token %}{% endfor %}",
        "{% for",
        "actions.log_in.web.session.headers.Authorization: uses For, keep to names, filters, ~ and if",
    ),
    (
        "Bearer {{ token }}",
        "Bearer {{ token() }}",
        "token()",
        "actions.log_in.web.session.headers.Authorization: uses Call, keep to names, filters, ~ and if",
    ),
    (
        "path: /api/session",
        f"path: '/{{{{ {'(' * 400}user{')' * 400} }}}}'",
        "((((",
        "actions.use_session.web.steps[0].request.path: does not compile (nested too deeply), mend the template",
    ),
    (
        "take: {token: {json: token}}",
        f"take: {{token: {{regex: '{'(' * 900}a{')' * 900}'}}}}",
        "((((",
        f"actions.log_in.web.steps[0].take.token.regex: '{'(' * 40}…' is no regular expression (nested too deeply), mend it",
    ),
    (
        "take: {token: {json: token}}",
        f"take: {{token: {{json: '{'!' * 900}a'}}}}",
        "!!!!",
        f"actions.log_in.web.steps[0].take.token.json: '{'!' * 40}…' is no JMESPath, write one like data.token",
    ),
    (
        "granted_when: {status: 200, json: token}",
        "granted_when: {regex: 'a{99999999999}'}",
        "a{9",
        "actions.log_in.web.granted_when.regex: 'a{99999999999}' is no regular expression (the repetition number is too large), mend it",
    ),
    (
        "Bearer {{ token }}",
        "Bearer {{ token * 99 }}",
        "* 99",
        "actions.log_in.web.session.headers.Authorization: uses Mul, keep to names, filters, ~ and if",
    ),
    (
        "granted_when: {status: 200, json: token}",
        "granted_when: {status: 200, json: 'token['}",
        "token[",
        "actions.log_in.web.granted_when.json: 'token[' is no JMESPath, write one like data.token",
    ),
    (
        "take: {token: {json: token}}",
        "take: {token: {json: 'a['}}",
        "'a['",
        "actions.log_in.web.steps[0].take.token.json: 'a[' is no JMESPath, write one like data.token",
    ),
    (
        "take: {token: {json: token}}",
        "take: {token: {regex: 'a('}}",
        "'a('",
        (
            "actions.log_in.web.steps[0].take.token.regex: 'a(' is no regular expression "
            "(missing ), unterminated subpattern at position 1), mend it"
        ),
    ),
    (
        "take: {token: {json: token}}",
        "take: {token: {regex: abc}}",
        "regex: abc",
        "actions.log_in.web.steps[0].take.token.regex: 'abc' has no group, put what is to be taken between ( and )",
    ),
    (
        "granted_when: {status: 200, json: token}",
        "granted_when: {regex: '+'}",
        "'+'",
        "actions.log_in.web.granted_when.regex: '+' is no regular expression (nothing to repeat at position 0), mend it",
    ),
    (
        "granted_when: {status: 200, json: token}",
        "granted_when: {header: Location}",
        "Location",
        "actions.log_in.web.granted_when.header: is 'Location', write \"Name: regular expression\"",
    ),
    (
        "granted_when: {status: 200, json: token}",
        "granted_when: {header: 'Location: +'}",
        "Location",
        "actions.log_in.web.granted_when.header: '+' is no regular expression (nothing to repeat at position 0), mend it",
    ),
]


@pytest.mark.parametrize(("old", "new", "place", "told"), [*FORM, *TOGETHER])
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, place: str, told: str) -> None:
    text = edited(SAMPLE, old, new)
    assert f"{line_of(text, place)}: {told}" in mistakes(tmp_path, text)


def test_all_mistakes_come_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = SAMPLE
    for old, new in (
        ('firmware_version: "1.0.0"', "firmware_version: 1.10"),
        ("public_security: no", "public_security: yes"),
        ("  ethernet: yes\n", ""),
        ("port: 322", "port: 0"),
        ("tds:GetServices,", "tds:Reboot,"),
        ("id: still, protocol: snapshot, service: web", "id: still, protocol: snapshot, service: wbe"),
        ("      refused_when: {status: 409}\n", ""),
        ("Bearer {{ token }}", "Bearer {{ tokn }}"),
    ):
        text = edited(text, old, new)
    told = mistakes(tmp_path, text)
    assert [line.partition(": ")[2].partition(":")[0] for line in told] == [
        "dut.firmware_version",
        "scope.public_security",
        "capabilities.ethernet",
        "ixit.log_intf[1].before_login[1]",
        "ixit.log_intf[2].port",
        "ixit.stream[2].service",
        "actions.set_up.web.refused_when",
        "actions.log_in.web.session.headers.Authorization",
    ]


@pytest.mark.parametrize("section", ["dut", "scope", "capabilities", "ixit"])
def test_a_missing_section_is_one_mistake(tmp_path: Path, section: str) -> None:
    lines_, inside = [], False
    for line in SAMPLE.splitlines():
        inside = line.startswith(f"{section}:") or (inside and line.startswith(" "))
        lines_ += [] if inside else [line]
    told = mistakes(tmp_path, "\n".join(lines_) + "\n")
    assert [line for line in told if not line.partition(": ")[2].startswith("actions")] == [f"1: {section}: is missing, add {section}"]


def test_a_wrong_row_does_not_make_those_that_name_it_wrong(tmp_path: Path) -> None:
    text = edited(SAMPLE, "protocol: rtsps, port: 322", "protocol: rtsps, port: x")
    assert mistakes(tmp_path, text) == [f"{line_of(text, 'port: x')}: ixit.log_intf[2].port: is 'x', write a whole number"]


def test_a_wrong_surface_does_not_orphan_its_ways(tmp_path: Path) -> None:
    text = edited(SAMPLE, "interface: page", "interface: pgae")
    assert mistakes(tmp_path, text) == [f"{line_of(text, 'pgae')}: ixit.auth_mech[0].interface: is 'pgae', did you mean page?"]


def test_an_empty_table_contradicts_what_is_declared(tmp_path: Path) -> None:
    start, end = SAMPLE.index("  stream:\n"), SAMPLE.index("  session:")
    told = mistakes(tmp_path, SAMPLE[:start] + "  stream: []\n" + SAMPLE[end:])
    assert [line.partition(": ")[2].partition(", but")[0] for line in told] == [
        "capabilities.rtsps: is yes",
        "capabilities.local_snapshot: is yes",
    ]


def test_a_step_without_service_needs_one_that_speaks_http(tmp_path: Path) -> None:
    text = edited(SAMPLE, "    - {id: web, protocol: https, port: 443}\n", "")
    text = edited(text, "- {service: web, request: {method: GET, path: /api/session}}", "- {request: {method: GET, path: /api/session}}")
    assert any(
        "use_session.web.steps[0].service: is missing and no service speaks HTTP, list one in ixit.log_intf" in line
        for line in mistakes(tmp_path, text)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("inside: web", "inside: none"),
        (
            "      inside: web\n      steps:\n        - service: web\n          request: {",
            "      steps:\n        - service: web\n          request: {auth: digest, ",
        ),
    ],
)
def test_a_recipe_may_need_no_session(tmp_path: Path, old: str, new: str) -> None:
    assert read_profile(write(tmp_path, edited(SAMPLE, old, new)), CATALOGUE).recipe("change_password", "legacy")

    text = edited(
        SAMPLE, 'password: "{{ password }}"}', 'password: ["{{ (user ~ password) | sha256 }}", 1, "{% if user == \'a\' %}b{% endif %}"]}'
    )
    text = edited(text, "Bearer {{ token }}", "{{ token | default('') | b64encode }}")
    text = edited(text, "}}}\n  use_session".replace("}}}", '"}}'), '"}, cookies: {a: "{{ token }}"}}') if False else text
    assert read_profile(write(tmp_path, text), CATALOGUE).recipe("log_in", "web")


def test_onvif_changes_need_an_onvif_service(tmp_path: Path) -> None:
    start, end = SAMPLE.index("    - id: onvif\n"), SAMPLE.index("    - {id: rtsp, protocol")
    told = mistakes(tmp_path, SAMPLE[:start] + SAMPLE[end:])
    assert any(
        line.endswith("change[2]: onvif is no service of this device, list it in ixit.log_intf, or remove onvif here") for line in told
    )


def test_surfaces_that_need_no_network_need_no_service(tmp_path: Path) -> None:
    text = edited(SAMPLE, "  stream:\n", "    - {id: console, interface: uart}\n  stream:\n")
    assert read_profile(write(tmp_path, text), CATALOGUE).surface("console").service == ""


def test_escape_codes_in_a_profile_do_not_reach_the_terminal(tmp_path: Path) -> None:
    text = edited(SAMPLE, "interface: page", 'interface: "\\e[31mpage"')
    (told,) = mistakes(tmp_path, text)
    assert "is '\\x1b[31mpage'" in told
    assert told.isprintable()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(SAMPLE)), gone=st.integers(0, 40), put=st.text(":-{}[]\"'#& \n\tayes0", max_size=4))
def test_a_damaged_profile_is_read_or_refused(tmp_path: Path, at: int, gone: int, put: str) -> None:
    path = write(tmp_path, SAMPLE[:at] + put + SAMPLE[at + gone :])
    try:
        read_profile(path, CATALOGUE)
    except UsageError as error:
        told = str(error).splitlines()
    else:
        told = []
    assert all(line.startswith(f"{path}:") and line.isprintable() for line in told)


def test_a_service_that_asks_for_a_password_has_its_surface(tmp_path: Path) -> None:
    """What no row names is never asked whether it still takes an old password."""
    surface = SAMPLE[SAMPLE.index("    - id: rtsp\n      interface") : SAMPLE.index("    - id: onvif\n      interface")]
    text = SAMPLE.replace(surface, "")
    line = 1 + next(number for number, each in enumerate(text.splitlines()) if "id: rtsp," in each)
    sentence = "ixit.log_intf[2]: speaks rtsps and is no surface in ixit.auth_mech, add a row with its log-in there"
    assert mistakes(tmp_path, text) == [f"{line}: {sentence}"]


SERVERS = "    endpoints:\n"
WRONG_SERVERS = [
    (
        "{host: https://a.example, port: 443, protocol: https}",
        "host: is 'https://a.example', write the host alone, without scheme, port or",
    ),
    ('{host: "*.com", port: 443, protocol: https}', "host: is '*.com', which stands for half the world, name the producer's own domain"),
    ("{host: localhost, port: 443, protocol: https}", "host: is 'localhost', write a full name such as api.example.com"),
    ("{host: 224.0.0.1, port: 443, protocol: https}", "host: is '224.0.0.1', which is no server's address, write the address of one"),
    ("{host: a.example, port: 0, protocol: https}", "port: is 0, it must be at least 1"),
    ("{host: a.example, port: 443, protocol: htps}", "protocol: is 'htps', did you mean https?"),
    ("{host: a.example, port: 443}", "protocol: is missing, add protocol"),
    ("{host: a.example, port: 443, protocol: tls, zone: CN}", "zone: is not known here, use one of host, port"),
]


@pytest.mark.parametrize(("row", "told"), WRONG_SERVERS)
def test_a_wrong_server_is_told(tmp_path: Path, row: str, told: str) -> None:
    text = edited(SAMPLE, SERVERS, f"{SERVERS}      - {row}\n")
    [line] = mistakes(tmp_path, text)
    assert line.startswith(f"{line_of(text, row)}: ixit.cloud.endpoints[0].{told}")


def test_a_server_stands_once_and_who_contacts_one_names_it(tmp_path: Path) -> None:
    row = "      - {host: a.example, port: 443, protocol: tls}\n"
    [told] = mistakes(tmp_path, edited(SAMPLE, SERVERS, SERVERS + row + row.replace("a.e", "A.E")))
    assert "ixit.cloud.endpoints[1]: a.example 443/tls is there twice" in told
    begin, end = SAMPLE.index(SERVERS), SAMPLE.index("  upd_mech:")
    told = "\n".join(mistakes(tmp_path, SAMPLE[:begin] + SAMPLE[end:]))
    assert "capabilities.telemetry: is yes, but ixit.cloud.endpoints names no server" in told


def test_a_driver_lies_beside_the_profile(tmp_path: Path) -> None:
    text = SAMPLE + "driver: {file: odd.py, actions: [restart]}\n"
    [told] = mistakes(tmp_path, text)
    assert "driver.file: 'odd.py' is no file beside the profile" in told
    (tmp_path / "odd.py").touch()
    assert read_profile(write(tmp_path, text), CATALOGUE).driver is not None
    for wrong in ("../odd.py", "/odd.py", "odd.sh", "a/b.py"):
        [told] = mistakes(tmp_path, SAMPLE + f'driver: {{file: "{wrong}", actions: [restart]}}\n')
        assert "driver.file" in told


def test_a_driver_may_do_whatever_the_owner_does_by_a_switch(tmp_path: Path) -> None:
    (tmp_path / "odd.py").touch()
    driven = [name for name in PLAIN_ACTIONS if name != "is_factory"]
    assert {"restart", "sound_off", "privacy_on", "clear_streams_warn"} <= set(driven)
    read = read_profile(write(tmp_path, SAMPLE + f"driver: {{file: odd.py, actions: [{', '.join(driven)}]}}\n"), CATALOGUE)
    assert read.driver is not None
    assert list(read.driver.actions) == driven
    [told] = mistakes(tmp_path, SAMPLE + "driver: {file: odd.py, actions: [is_factory]}\n")
    assert "driver.actions[0]" in told


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("actions: []", "driver: does nothing, list what it does under actions"),
        ("log_ins: [wab]", "driver.log_ins[0]: 'wab' is no surface in ixit.auth_mech, did you mean web?"),
        ("log_ins: [web]", "driver.log_ins[0]: web has a log-in already, by its protocol or a recipe, remove it here"),
        ("log_ins: [rtsp]", "driver.log_ins[0]: rtsp has a log-in already"),
    ],
)
def test_a_driver_does_what_nothing_else_does(does: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "odd.py").touch()
    [found] = mistakes(tmp_path, SAMPLE + f"driver: {{file: odd.py, {does}}}\n")
    assert told in found


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        (
            "- {id: support, kind: diagnostics}",
            "- {id: settings, kind: diagnostics}",
            "- {id: settings, kind: diagnostics}",
            "ixit.api.export[1].id: settings is there twice, name each kind of file once",
        ),
        (
            "  import:\n    settings:",
            "  import:\n    support:",
            "id: settings, kind: settings",
            "ixit.api.export[0].imported: says that it is imported, and no recipe does that, add actions.import.settings",
        ),
        (
            "  import:\n    settings:",
            "  import:\n    setings:",
            "    setings:",
            "actions.import.setings: 'setings' is no file in ixit.api.export, did you mean settings?",
        ),
        (
            "- {id: picture, listed_by: web,",
            "- {id: film, listed_by: web,",
            '- {id: film, listed_by: web, links: "recordings[].picture"',
            "ixit.api.recordings[1].id: film is there twice, name each kind of links once",
        ),
        (
            "- {id: picture, listed_by: web,",
            "- {id: picture, listed_by: wed,",
            "listed_by: wed",
            "ixit.api.recordings[1].listed_by: 'wed' is no way in actions.list_recordings, did you mean web?",
        ),
        (
            '"recordings[].picture", role',
            '"recordings[].", role',
            '"recordings[].", role',
            "ixit.api.recordings[1].links: 'recordings[].' is no JMESPath, write one like data.token",
        ),
        (
            'links: "recordings[].picture"',
            'regex: "/media/.*"',
            'regex: "/media/.*"',
            "ixit.api.recordings[1].regex: '/media/.*' has no group, put what is to be taken between ( and )",
        ),
        (
            'links: "recordings[].picture", role',
            "role",
            "- {id: picture, listed_by: web, role",
            "ixit.api.recordings[1]: does not say where links are found, give exactly one of links and regex",
        ),
        (
            '"recordings[].picture", role: viewer, life_s: 300',
            '"recordings[].picture", role: viewer, outlives_log_out: yes',
            "outlives_log_out",
            "ixit.api.recordings[1]: outlives a log-out and has no life_s, say for how long a link opens by itself",
        ),
    ],
)
def test_kinds_of_files_and_their_recipes_name_each_other(tmp_path: Path, old: str, new: str, place: str, told: str) -> None:
    text = edited(_WHOLE, old, new)
    assert f"{line_of(text, place)}: {told}" in mistakes(tmp_path, text)

"""What a serial line said, understood without the line."""

import pytest

from harness.emulated.camera.uart.line import heard_at
from harness.probes.console_text import READABLE, Canary, begins, is_locked, known_logins, lets_in, prompt_of, readable, refuses, score

LOG = b"U-Boot 2019.07\r\nDRAM:  128 MiB\r\n[    0.000000] Booting Linux on physical CPU 0x0\r\n\x1b[1;31mcamera login: \x1b[0m"
RATES = (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, 1500000)


def test_what_moves_the_cursor_is_no_text() -> None:
    assert readable(b"\x1b[2J\x1b]0;title\x07a\x00b\r\r\nc\rd\x1b(B\xff") == "ab\nc\nd\ufffd"
    assert readable("登录：".encode()) == "登录："


def test_the_right_rate_scores_and_no_other() -> None:
    for sent in RATES:
        for heard in RATES:
            share = score(b"".join(heard_at(LOG * 4, sent, heard)))
            assert (share >= READABLE) == (sent == heard), (sent, heard, share)
    assert score(b"") == 0.0
    assert score("用户登录：\r\n".encode()) >= READABLE
    assert score(b"\0" * 100) == 0.0


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        ("cam login: ", "login"),
        ("(none) login:", "login"),
        ("Username: ", "login"),
        ("用户名：", "login"),
        ("Password: ", "password"),
        ("Password for root: ", "password"),
        ("请输入密码：", "password"),
        ("PIN?", "password"),
        ("=> ", "loader"),
        ("hisilicon # ", "loader"),
        ("U-Boot> ", "loader"),
        ("/ # ", "shell"),
        ("[root@spinner ~]# ", "shell"),
        ("# login", ""),
        ("Last login:", ""),
        ("Last failed login:", ""),
        ("$ ", "shell"),
        ("msh />", "shell"),
        ("[    1.0] some driver", ""),
        ("", ""),
        ("x" * 100 + "# ", ""),
    ],
)
def test_prompts(last: str, kind: str) -> None:
    assert prompt_of(f"something before\n{last}")[0] == kind
    assert prompt_of(f"{last}\n") == ("", "")


def test_a_command_line_that_looks_like_a_login_is_none() -> None:
    """Else a shell would be offered passwords, and pass."""
    assert prompt_of("user> ")[0] not in ("login", "password")
    assert prompt_of("[root@pinguin ~]# ")[0] == "shell"


def test_words() -> None:
    assert all(map(refuses, ("Login incorrect", "ACCESS DENIED", "密码错误", "authentication failure", "Bad password")))
    assert not any(map(refuses, ("Welcome", "failsafe mode", "Password: ")))
    assert all(map(is_locked, ("Account locked", "Too many failures", "try again later")))
    assert all(
        map(
            lets_in,
            ("New password: ", "You must change your password", "Last login: Mon", "Your password has expired", "Last failed login: Mon"),
        )
    )
    assert not any(map(lets_in, ("Password: ", "Login incorrect")))
    assert all(map(begins, ("U-Boot SPL", "[    0.000000] Linux version", "Starting kernel ...")))
    assert not begins("login: ")


def test_an_echo_is_no_output() -> None:
    """Neither of the line, nor of its words one by one, nor of a line that the terminal broke."""
    canary = Canary("abcdefg", "hijklmn", 123, 456)
    for line in canary.lines:
        for echo in (line, f"{line}\n{line}\n", f"sh: {line}: not found", line.replace(";", ";\n"), line.replace("echo ", "echo\n")):
            assert not canary.ran(echo), echo
    assert canary.ran("$ echo …\nabcdefg56088hijklmn\n$ ")
    assert canary.ran("=> echo abcdefg;echo hijklmn\nabcdefg\nhijklmn\n=> ")


def test_the_list_is_bounded_and_each_pair_is_there_once() -> None:
    pairs = known_logins(50)
    assert len(pairs) == len(set(pairs)) == 50
    assert ("root", "") in pairs
    assert known_logins(3) == pairs[:3]

"""What takes commands on the serial line of an unsound unit: a shell, or the boot loader's prompt."""

import re
import shlex

_SUM = re.compile(r"\$\(\((\d{1,9})([-+*])(\d{1,9})\)\)")
_HELP = {
    "echo": "echo args to console",
    "boot": "boot default, i.e., run 'bootcmd'",
    "help": "print command description/usage",
    "printenv": "print environment variables",
}
_ANSWERS = {
    "id": "uid=0(root) gid=0(root)",
    "whoami": "root",
    "uname": "Linux",
    "pwd": "/root",
    "help": "Built-in commands:\n. : [ cd echo eval exec exit export pwd read set test",
}


def shell(line: str) -> list[str]:
    """The output of a line for the shell, in lines."""
    try:
        parts = shlex.shlex(_SUM.sub(_count, line), posix=True, punctuation_chars=";")
        parts.whitespace_split, parts.commenters = True, "#"
        words = list(parts)
    except ValueError:
        return ["sh: syntax error: unterminated quoted string"]
    return [output for command in _commands(words) for output in _run(command)]


def loader(line: str) -> list[str]:
    """The output of a line for the boot loader's simple parser: it knows neither quotes nor sums."""
    answers: list[str] = []
    for command in line.split(";"):
        name, *rest = command.split() or [""]
        if name == "echo":
            answers.append(" ".join(rest))
        elif name in ("help", "?"):
            answers.extend(f"{known:<8}- {text}" for known, text in _HELP.items())
        elif name == "printenv":
            answers.append("baudrate=115200")
        elif name:
            answers.append(f"Unknown command '{name[:40]}' - try 'help'")
    return answers


def _count(found: re.Match[str]) -> str:
    left, sign, right = int(found[1]), found[2], int(found[3])
    return str({"+": left + right, "-": left - right, "*": left * right}[sign])


def _commands(words: list[str]) -> list[list[str]]:
    commands: list[list[str]] = [[]]
    for word in words:
        if word == ";":
            commands.append([])
        else:
            commands[-1].append(word)
    return [command for command in commands if command]


def _run(command: list[str]) -> list[str]:
    name, *rest = command
    if name == "echo":
        return [" ".join(rest)]
    return _ANSWERS[name].splitlines() if name in _ANSWERS else [f"sh: {name[:40]}: not found"]

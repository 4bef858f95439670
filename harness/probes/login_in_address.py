"""Name and password in the query of an address, as many cameras take them; pure."""

from urllib.parse import quote

from harness.model.secret import Login

USERS = ("user", "username", "usr", "account", "loginuse")
PASSWORDS = ("password", "passwd", "pwd", "pass", "loginpas")


def with_login(address: str, login: Login) -> str:
    """The address with both behind it, by every name that is known for them: what a camera does not know it does not read."""
    pairs = [f"{name}={quote(login.user, safe='')}" for name in USERS]
    pairs += [f"{name}={quote(login.password, safe='')}" for name in PASSWORDS]
    return f"{address}{'&' if '?' in address else '?'}{'&'.join(pairs)}"

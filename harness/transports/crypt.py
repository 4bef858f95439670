"""The classic hashes of crypt(3), made by openssl; the password goes by its input, never by its arguments."""

import subprocess

from harness.places import system_program

_METHODS = {b"1": "-1", b"5": "-5", b"6": "-6"}
_SECONDS = 20.0


def crypt(password: bytes, stored: bytes) -> bool | None:
    """Is this the hash of this password? None where openssl does not know the method, or is missing."""
    parts = stored.split(b"$")
    method, found = _METHODS.get(parts[1] if len(parts) > 1 else b""), system_program("openssl")
    if method is None or found is None or b"\n" in password:
        return None
    salt = b"$".join(parts[2:4]) if parts[2].startswith(b"rounds=") else parts[2]
    argv = [found, "passwd", method, "-stdin", "-salt", salt.decode("ascii", "replace")]
    try:
        done = subprocess.run(argv, input=password + b"\n", capture_output=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return None if done.returncode else done.stdout.strip() == stored

"""Passwords that a bench must not use: short ones and public ones cannot be told from ordinary text, so they cannot be masked."""

LENGTH_MIN = 8
PUBLIC = frozenset(
    """00000000 11111111 12341234 12345678 123456789 1234567890 66666666 87654321 88888888 a1234567 a12345678 aa123456 aa12345678
    abc12345 abcd1234 abcdefgh adm12345 admin000 admin111 admin123 admin1234 admin12345 admin123456 admin888 administrator
    asdfghjk baseball camera123 changeme changeme1 changeme123 default1 foscam123 football hik12345 hikvision iloveyou ipcam123
    jvbzd123 letmein1 letmein123 master123 p@ssw0rd p@ssword pass1234 password password1 password12 password123 passw0rd
    princess qwer1234 qwerty12 qwerty123 qwertyui qwertyuiop root1234 root12345 secret123 sunshine superman support1 test1234
    tlJwpbo6 trustno1 tplink123 user1234 welcome1 welcome123 wbox1234 xmhdipc1 zlxx1234 888888888""".lower().split()
)


def weakness(user: str, password: str) -> str:
    """Why a password is too weak, empty when it is not."""
    lowered = password.lower()
    if len(password) < LENGTH_MIN:
        return f"is shorter than {LENGTH_MIN} characters"
    if lowered in PUBLIC or lowered.strip("0123456789!@#$.") in PUBLIC:
        return "is in every list of default passwords"
    if user and user.lower() in lowered and len(lowered) - len(user) < 4:
        return "is little more than the user's name"
    return "repeats a few characters" if len(set(lowered)) < 4 else ""

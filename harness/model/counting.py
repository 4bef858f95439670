"""How many, in words."""


def counted(number: int, what: str) -> str:
    """`1 case`, `2 cases`; what is counted has a plural with s."""
    return f"{number} {what}{'' if number == 1 else 's'}"

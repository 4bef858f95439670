"""How programs of a camera show bytes when they are debugged."""

WIDTH = 16


def dump(data: bytes) -> str:
    """Place and bytes, sixteen a line."""
    return "\n".join(f"{at:08x}  {data[at : at + WIDTH].hex(' ')}" for at in range(0, len(data), WIDTH))

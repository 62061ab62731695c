"""Text from outside made plain: nothing in it moves a cursor or turns a line round."""

from __future__ import annotations

import unicodedata


def inert(text: str, limit: int = 2000) -> str:
    """`text` with every character that a terminal or a page might obey as a visible escape.

    Newlines stay. At most about `limit` characters come back, with `…` where more was cut.
    """
    shown: list[str] = []
    size = marks = 0
    for character in text[:limit]:
        # A heap of combining marks would reach over the lines above and below.
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if character == "\t":
            piece = "    "
        elif character == "\n" or (character.isprintable() and marks <= 3):
            piece = character
        else:
            piece = character.encode("unicode_escape").decode("ascii")
        size += len(piece)
        if size > limit:
            break
        shown.append(piece)
    cut = len(shown) < len(text)
    return "".join(shown) + ("…" if cut else "")

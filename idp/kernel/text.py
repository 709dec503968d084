"""Text that came from outside."""


def printable(text: str) -> str:
    """Without letters that cannot be printed: they are in no name, and PostgreSQL takes no NUL."""
    return "".join(letter for letter in text if letter.isprintable())

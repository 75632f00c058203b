"""How an invoice's number is written: G and at least six digits, such as G000123 (R5)."""

PATTERN = r"G(?:\d{6}|[1-9]\d{6,8})"  # one way to write each number; the largest fits the database's integer


def written(number: int) -> str:
    """The number as it stands on the invoice."""
    return f"G{number:06d}"


def read(text: str) -> int:
    """The number in a text of PATTERN."""
    return int(text.removeprefix("G"))

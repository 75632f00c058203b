"""Errors of others, told to a person in one sentence."""


def one_sentence(error: BaseException) -> str:
    """The first line of what `error` says, as a sentence; its type's name when it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip().rstrip(".:") + "."

"""What goes wrong with the embedded servers."""


class ServerError(Exception):
    """An embedded server cannot be started or stopped; the text is one sentence for a person."""

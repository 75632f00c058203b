"""The lines by which whoever holds a link downloads its file on a command line (K5). Pure: no Django."""

import re

from software.file_names import windows_name

_SINGLE_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")  # each of them ends a quoted text of PowerShell


def curl_line(address: str) -> str:
    """For curl, which saves the file by the plain name in `Content-Disposition`."""
    return f"curl -fOJL --data '' {address}"


def powershell_line(address: str, file_name: str) -> str:
    """For Windows PowerShell 5.1 and PowerShell 7.

    The progress bar would slow a large file down many times over, and goes off for this line only; without
    `-UseBasicParsing` 5.1 asks before it downloads anything.
    """
    download = f"Invoke-WebRequest -UseBasicParsing -Method Post -Uri {_quoted(address)}"
    return f"& {{ $ProgressPreference = 'SilentlyContinue'; {download} -OutFile {_quoted(windows_name(file_name))} }}"


def _quoted(text: str) -> str:
    """A text in which PowerShell replaces nothing."""
    return "'" + _SINGLE_QUOTES.sub(lambda quote: quote[0] * 2, text) + "'"

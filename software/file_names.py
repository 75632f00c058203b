"""File names as they leave the portal: in an address, in `Content-Disposition`, on a disk. Pure: no Django."""

import re
import unicodedata
from urllib.parse import quote

_NEVER_IN_A_NAME = frozenset('"\\/')
_ATTR_CHARS = "!#$&+-.^_`|~"  # besides letters and digits: what RFC 8187 leaves as it is
_WITHOUT_NAME = "download"
_NEVER_ON_WINDOWS = re.compile('[<>:"/\\\\|?*]')
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(file_name: str) -> str:
    """The name without what could end a header, leave a folder or turn the text round; each becomes `_`."""
    kept = "".join("_" if _is_unsafe(sign) else sign for sign in file_name).strip()
    return kept if kept.strip(".") else _WITHOUT_NAME


def _is_unsafe(sign: str) -> bool:
    return sign in _NEVER_IN_A_NAME or unicodedata.category(sign)[0] == "C"


def plain_name(file_name: str) -> str:
    """The safe name in ASCII: the one by which curl's `-J` saves."""
    return "".join(sign if sign.isascii() else "_" for sign in safe_name(file_name))


def windows_name(file_name: str) -> str:
    """The safe name as Windows can keep it."""
    kept = _NEVER_ON_WINDOWS.sub("_", safe_name(file_name)).rstrip(" .") or _WITHOUT_NAME
    return f"_{kept}" if _WINDOWS_DEVICE.match(kept) else kept


def attachment(file_name: str) -> str:
    """`Content-Disposition` of a download: a plain name for all, the true one beside it where it is not ASCII.

    curl's `-J` reads only the plain one (RFC 6266, RFC 8187).
    """
    name, plain = safe_name(file_name), plain_name(file_name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTR_CHARS)}"

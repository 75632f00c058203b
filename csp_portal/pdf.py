"""Documents as PDF: a template of `templates/pdf/` set by typst, with one font that has Chinese and Korean as well.

Data reaches a template as values, never as markup, so that no sign in a name can do anything there. The same data
make the same bytes.
"""

import json
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.http import FileResponse
from django.utils import translation

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "pdf"
_FONT_PACKAGE = "cvttf_NotoSansCJK_Regular"  # a wheel with the font file; what is in it as Python is not run
_NO_TIME = 0  # what is printed tells when; the file does not, or it would differ each time
_REGIONS = {"zh-hans": ("zh", "cn"), "ko": ("ko", "kr")}


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """`templates/pdf/<template>.typ` with `data`: texts, and lists and dictionaries of them. The same bytes each time.

    The template reads it as `json(bytes(sys.inputs.data))`, and as `language` and `region` how Chinese signs are
    drawn: as the reader's language does.
    """
    language = translation.get_language() or settings.LANGUAGE_CODE
    lang, region = _REGIONS.get(language, (language.split("-")[0], ""))
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps({**data, "language": lang, "region": region})},
        timestamp=_NO_TIME,
    )


def pdf_answer(file_name: str, content: bytes) -> FileResponse:
    """A download of a PDF, streamed, kept by no cache on the way."""
    answer = FileResponse(BytesIO(content), as_attachment=True, filename=file_name, content_type="application/pdf")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@cache
def _fonts() -> typst.Fonts:
    """The one font, and none that happen to be on the machine: a document looks the same wherever it is made."""
    package = find_spec(_FONT_PACKAGE)
    assert package is not None
    assert package.origin is not None
    folder = str(Path(package.origin).parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])

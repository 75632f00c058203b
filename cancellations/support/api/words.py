"""The words of the Partner Center API for what a support request is about, its impact and its status."""

import re

from cancellations.support.models import Impact, ProblemType, RequestLanguage, RequestStatus

TOPICS = {str(number): problem for number, problem in enumerate(ProblemType, 1)}  # ids are digits, as clients need
TOPIC_OF = {problem: topic_id for topic_id, problem in TOPICS.items()}
SEVERITIES = ("unknown", *Impact.values)
NOT_GIVEN = "unknown"
OPEN, WAITING, CLOSED, NONE = "open", "attention_needed", "closed", "none"
STATUSES = (NONE, OPEN, CLOSED, WAITING)
OF_STATUS = {
    OPEN: (RequestStatus.NEW, RequestStatus.IN_PROGRESS),
    WAITING: (RequestStatus.ACTION_REQUIRED,),
    CLOSED: (RequestStatus.APPROVED, RequestStatus.DENIED, RequestStatus.CLOSED),
}
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def status_word(status: RequestStatus) -> str:
    """`open`, `attention_needed` or `closed`."""
    return next(word for word, statuses in OF_STATUS.items() if status in statuses)


def language_of(locale: str) -> RequestLanguage | None:
    """The language to reply in for a locale such as `ko-KR`, English for those we have not; None: it is no locale."""
    if not _LOCALE.fullmatch(locale):
        return None
    known = {"zh": RequestLanguage.CHINESE, "ko": RequestLanguage.KOREAN}
    return known.get(locale[:2].lower(), RequestLanguage.ENGLISH)

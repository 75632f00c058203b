"""Why a mail did not leave, in one sentence for the operator, and when it is tried again (X5). Pure: no Django."""

import smtplib
from dataclasses import dataclass
from datetime import timedelta

from csp_portal.one_sentence import one_sentence

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=4)
CLOSING = 421  # the answer with which a server hangs up (RFC 5321)
LONGEST_SENTENCE = 500  # characters; a server may answer with pages


@dataclass(frozen=True)
class Failure:
    """One try that failed: whether the same mail would fail again, and whether any other one would have failed too."""

    sentence: str
    permanent: bool = False
    of_server: bool = False


def failure_of(error: Exception) -> Failure:
    """What `error` means for the mail and for those behind it; refused for good (5xx) is not tried again."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _of_mail("The mail server refused the address", *next(iter(error.recipients.values())))
    if isinstance(error, smtplib.SMTPDataError):
        return _of_mail("The mail server refused the mail", error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        said = _answer("The mail server refused our sender address", error.smtp_code, error.smtp_error)
        return Failure(said, of_server=True)
    if isinstance(error, smtplib.SMTPResponseException):
        said = _answer("The mail server does not take our mails", error.smtp_code, error.smtp_error)
        return Failure(said, of_server=True)
    if isinstance(error, OSError):  # every other SMTPException is one as well
        said = error.strerror or one_sentence(error).rstrip(".")
        return Failure(_cut(f"The mail server could not be used: {said}."), of_server=True)
    return Failure(_cut(f"The mail could not be written: {one_sentence(error)}"), permanent=True)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after that many failed tries: a minute, doubled each time, at most four hours."""
    doublings = min(attempts - 1, 16)  # far beyond the longest wait
    return min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)


def _of_mail(what: str, code: int, text: bytes | str) -> Failure:
    """A server's answer to this one mail, unless it closes the connection with it."""
    return Failure(_answer(what, code, text), permanent=code >= 500, of_server=code == CLOSING)


def _answer(what: str, code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return _cut(f"{what}: {code} {said}".rstrip(" .:") + ".")


def _cut(sentence: str) -> str:
    """On one line, without signs that a database or page could not show, and not longer than a reader reads."""
    plain = "".join(sign if sign.isprintable() else " " for sign in sentence)
    words = " ".join(plain.split())
    return words if len(words) <= LONGEST_SENTENCE else f"{words[: LONGEST_SENTENCE - 1]}…"

"""No log line holds a token of a link or a session, or the signature of a mailed address (K5, P5)."""

import logging

import pytest

from csp_portal.security import WithoutTokens

TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (f"/d/{TOKEN}", "Gone: /d/…"),
        (f"/d/session/{TOKEN}/setup.iso", "Gone: /d/session/…/setup.iso"),
        (f"/calendar/{TOKEN}.ics", "Gone: /calendar/….ics"),
        (
            f"/activity/?link=https%3A%2F%2Fportal.example%2Fd%2F{TOKEN}",
            "Gone: /activity/?link=https%3A%2F%2Fportal.example%2Fd%2F…",
        ),
        (f"/activity/?show=all&link={TOKEN}", "Gone: /activity/?show=all&link=…"),
        (f"/invitations/7/?signature={TOKEN}", "Gone: /invitations/7/?signature=…"),
        (f"/invitations/7/?next=1&signature={TOKEN}", "Gone: /invitations/7/?next=1&signature=…"),
    ],
)
def test_a_token_in_an_address_is_left_out(path, told):
    line = logging.LogRecord("django.request", logging.WARNING, "", 0, "%s: %s", ("Gone", path), None)
    assert WithoutTokens().filter(line)
    assert line.getMessage() == told


def test_what_is_told_about_a_failed_download_reaches_the_handler_without_its_token():
    (handler,) = [handler for handler in logging.getLogger("django").handlers if handler.name == "stderr"]
    assert any(isinstance(each, WithoutTokens) for each in handler.filters)
    (root,) = [handler for handler in logging.getLogger().handlers if handler.name == "stderr"]
    assert any(isinstance(each, WithoutTokens) for each in root.filters)

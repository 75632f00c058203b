"""Which Important message is shown and stored: of a whole purchase, of a part, and of what has no keys (C3, C8)."""

import pytest
from django.urls import reverse

from cancellations.notice import NOTICES
from software.models import KeyIssue
from tests.factories import buy_line, make_sku
from tests.helpers import cancel, words_of

pytestmark = pytest.mark.django_db

CASES = [
    (KeyIssue.PER_UNIT, 1, 2),
    (KeyIssue.PER_UNIT, 3, 1),
    (KeyIssue.NONE, 1, 3),
    (KeyIssue.NONE, 3, 1),
]


@pytest.fixture
def line_of(clock, agent, customer):
    """Three units of a subscription whose keys are issued so."""
    return lambda issue: buy_line(agent, customer, make_sku(key_issue=issue, keys=3), quantity=3)


def assert_shown(page, version):
    text = words_of(page)
    assert [number for number, notice in NOTICES.items() if all(str(told) in text for told in notice)] == [version]


@pytest.mark.parametrize(("issue", "units", "version"), CASES)
def test_what_the_dialog_shows_is_what_is_stored(agent, client_of, line_of, issue, units, version):
    line = line_of(issue)
    dialog = reverse("cancellations:cancel", args=[line.order.customer.tenant_id, line.purchase.sku.public_id])
    assert_shown(client_of(agent).get(f"{dialog}?order={line.order.number}&quantity={units}"), version)
    assert cancel(line, agent, units).notice_version == version


@pytest.mark.parametrize(("issue", "units", "version"), CASES)
def test_the_page_for_several_lines_shows_the_same(agent, client_of, line_of, issue, units, version):
    line = line_of(issue)
    purchase = line.purchase.public_id
    several = reverse("cancellations:several", args=[line.order.customer.tenant_id])
    assert_shown(client_of(agent).get(f"{several}?purchase={purchase}&units-{purchase}={units}"), version)


def test_a_part_of_what_has_no_keys_speaks_of_none(agent, line_of):
    accepted = NOTICES[cancel(line_of(KeyIssue.NONE), agent, 1).notice_version]
    assert not any("key" in str(sentence).lower() for sentence in accepted)

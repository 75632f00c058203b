"""Several links to one file, each with a label and counters of its own: K4."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from csp_portal.mail.models import Mail
from software.models import LINK_DOWNLOADS, LONGEST_LABEL, MOST_LINKS, DownloadLink, DownloadSession
from software.services import grant_link, renew_link, revoke_link
from software.services.link_jobs import warn_of_links
from tests.factories import UserFactory, buy_line, make_build, make_link, make_sku
from tests.helpers import cancel, in_threads

pytestmark = pytest.mark.django_db


@pytest.fixture
def purchase(clock, agent, customer):
    """A purchase of 2020-01-24 12:00 UTC."""
    return buy_line(agent, customer, make_sku(keys=1)).purchase


@pytest.fixture
def build(purchase):
    return make_build(purchase.sku.product)


@pytest.fixture
def labelled(agent, purchase, build):
    """Make the purchase's link with a label, or find it."""
    return partial(make_link, agent, purchase, build)


def facts(link):
    now = DownloadLink.objects.get(pk=link.pk)
    return (now.label, now.grant_number, now.used, now.revoked_at is not None)


def logged(action):
    return list(Event.objects.filter(action=action).order_by("pk").values_list("details__label", flat=True))


def test_each_label_has_a_link_of_its_own_beside_the_one_without(labelled):
    plain, first, second = labelled(), labelled(label="Branch Busan"), labelled(label="Branch Seoul")
    assert len({plain.pk, first.pk, second.pk}) == 3
    assert len({plain.token, first.token, second.token}) == 3
    assert labelled() == plain
    assert labelled(label="Branch Seoul") == second


def test_each_is_counted_renewed_and_revoked_alone(clock, agent, client, labelled):
    plain, first, second = labelled(), labelled(label="First"), labelled(label="Second")
    client.post(first.get_absolute_url())
    client.post(first.get_absolute_url())
    client.post(second.get_absolute_url())
    clock.set("2020-01-30T00:00:00Z")
    renew_link(first.public_id, grant_seen=1, replace_address=True, actor=agent)
    revoke_link(second.public_id, actor=agent)
    assert facts(plain) == ("", 1, 0, False)
    assert facts(first) == ("First", 2, 0, False)
    assert facts(second) == ("Second", 1, 1, True)
    assert [client.get(link.get_absolute_url()).status_code for link in (plain, first, second)] == [200, 410, 410]
    assert DownloadSession.objects.filter(end="revoked").count() == 1


def test_a_label_that_was_revoked_may_be_given_again_with_another_address(agent, labelled):
    first = labelled(label="First")
    revoke_link(first.public_id, actor=agent)
    second = labelled(label="First")
    assert second.token != first.token
    assert (facts(first)[3], facts(second)[3]) == (True, False)


@pytest.mark.parametrize("again", ["Branch Café", "  branch \t CAFÉ ", "BRANCH\nCAFE\N{COMBINING ACUTE ACCENT}"])
def test_the_same_label_leads_to_the_link_that_is_there(labelled, again):
    first = labelled(label=" Branch  Café\n")
    assert first.label == "Branch Café"
    assert labelled(label=again) == first
    assert DownloadLink.objects.get().label == "Branch Café"
    assert Event.objects.filter(action=Action.LINK_GRANTED).count() == 1


def test_the_link_that_is_there_is_not_renewed_by_its_label_however_dead(clock, agent, purchase, build, labelled):
    first = labelled(label="First")
    clock.set("2020-02-07T12:00:00Z")
    granted = grant_link(purchase.public_id, build.public_id, label="first", grant_seen=0, actor=agent)
    assert (granted.link, granted.overtaken) == (first, True)
    assert facts(first) == ("First", 1, 0, False)


def test_the_database_holds_no_label_twice_whatever_the_case(agent, labelled):
    first = labelled(label="Straße")
    twin = {"purchase": first.purchase, "build": first.build, "granted_at": first.granted_at, "granted_by": agent}
    for label in ("Straße", "STRAßE"):
        with pytest.raises(IntegrityError), transaction.atomic():
            DownloadLink.objects.create(label=label, expires_at=first.expires_at, **twin)
    DownloadLink.objects.create(label=label, expires_at=first.expires_at, revoked_at=timezone.now(), **twin)


def test_a_label_has_at_most_100_characters(labelled):
    longest = "가" * LONGEST_LABEL
    assert labelled(label=f" {longest} ").label == longest
    with pytest.raises(Refusal) as refused:
        labelled(label=longest + "가")
    assert refused.value.code == "label_too_long"
    assert DownloadLink.objects.count() == 1
    assert Event.objects.filter(action=Action.LINK_REFUSED, details__reason="label_too_long").count() == 1


def test_there_are_at_most_20_links_with_a_label_to_a_file_of_a_purchase(agent, purchase, labelled):
    links = [labelled(label=f"No. {number}") for number in range(MOST_LINKS)]
    with pytest.raises(Refusal) as refused:
        labelled(label="One more")
    assert refused.value.code == "too_many_links"
    assert DownloadLink.objects.count() == MOST_LINKS
    assert labelled(label="no. 19") == links[19]
    assert make_link(agent, purchase, make_build(purchase.sku.product, version="2019"), label="One more")
    revoke_link(links[0].public_id, actor=agent)
    assert labelled(label="One more").label == "One more"


def test_the_link_without_a_label_has_its_place_beside_20_with_one(labelled):
    for number in range(MOST_LINKS):
        labelled(label=str(number))
    plain = labelled()
    assert facts(plain) == ("", 1, 0, False)
    assert labelled() == plain
    with pytest.raises(Refusal) as refused:
        labelled(label="One more")
    assert refused.value.code == "too_many_links"
    assert DownloadLink.objects.count() == MOST_LINKS + 1


@pytest.mark.django_db(transaction=True)
def test_of_20_at_once_with_one_place_left_one_is_made(agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    build = make_build(purchase.sku.product)
    for number in range(MOST_LINKS - 1):
        make_link(agent, purchase, build, label=str(number))
    ask = partial(make_link, agent, purchase, build)
    answers = in_threads(*[partial(ask, label=f"Late {number}") for number in range(20)])
    assert answers.count("too_many_links") == 19
    assert DownloadLink.objects.filter(revoked_at=None).count() == MOST_LINKS


@pytest.mark.django_db(transaction=True)
def test_of_20_at_once_with_one_label_all_have_the_one_link(agent, customer):
    purchase = buy_line(agent, customer, make_sku(keys=1)).purchase
    ask = partial(make_link, agent, purchase, make_build(purchase.sku.product))
    answers = in_threads(*[partial(ask, label="Branch".upper() if half else "branch") for half in (0, 1) * 10])
    assert len(set(answers)) == 1
    assert DownloadLink.objects.count() == Event.objects.filter(action=Action.LINK_GRANTED).count() == 1


def test_a_cancellation_revokes_them_all(agent, labelled, purchase):
    links = [labelled(), labelled(label="First"), labelled(label="Second")]
    cancel(purchase.order_line, agent)
    assert [facts(link)[3] for link in links] == [True, True, True]
    assert {Client().get(link.get_absolute_url()).status_code for link in links} == {410}


# Who reads the label


def test_the_log_names_the_label_wherever_it_names_the_link(agent, client, labelled):
    labelled()
    link = labelled(label="Ms Kim")
    client.post(link.get_absolute_url())
    renew_link(link.public_id, grant_seen=1, actor=agent)
    revoke_link(link.public_id, actor=agent)
    client.post(link.get_absolute_url())
    assert logged(Action.LINK_GRANTED) == [None, "Ms Kim"]
    for action in (Action.DOWNLOAD_STARTED, Action.LINK_RENEWED, Action.LINK_REVOKED, Action.DOWNLOAD_REFUSED):
        assert logged(action) == ["Ms Kim"]


def test_a_reader_of_the_log_is_told_the_label(agent, partner, client_of, labelled):
    labelled(label="Ms <Kim>")
    reader = client_of(UserFactory(partner=partner, roles=[Role.AUDITOR]))
    assert "Ms &lt;Kim&gt;" in reader.get("/activity/").content.decode()


def test_mails_about_a_link_name_its_label(clock, labelled):
    labelled(), labelled(label="Ms Kim")
    DownloadLink.objects.update(used=LINK_DOWNLOADS * 8 // 10)
    clock.set("2020-02-06T13:00:00Z")
    warn_of_links()
    texts = Mail.objects.filter(cause__startswith="link_").order_by("pk").values_list("text", flat=True)
    assert ["“Ms Kim”" in text for text in texts] == [False, False, True, True]


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_holder_of_a_link_never_reads_its_label(agent, client, labelled, method):
    link = labelled(label="Ms Kim")
    assert "Ms Kim" not in client.get(link.get_absolute_url()).content.decode()
    revoke_link(link.public_id, actor=agent)
    dead = getattr(client, method)(link.get_absolute_url())
    assert dead.status_code == 410
    assert "Ms Kim" not in dead.content.decode()

"""Renewing by the number of the grant, keeping or replacing the address, and revoking: K4."""

from functools import partial
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from csp_portal.errors import Refusal
from software.models import LINK_DOWNLOADS, DownloadLink, DownloadSession, Grant
from software.services import grant_link, renew_link, revoke_link
from tests.factories import UserFactory, buy_line, make_link, make_sku
from tests.helpers import cancel, in_threads, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(clock, agent, customer):
    """Bought at 2020-01-24 12:00 UTC for a year."""
    return buy_line(agent, customer, make_sku(keys=1))


@pytest.fixture
def link(agent, line):
    return make_link(agent, line.purchase)


@pytest.fixture
def colleague(partner):
    return UserFactory(partner=partner, roles=[Role.ADMIN_AGENT])


def address_of(link, act):
    return reverse(f"software:{act}", args=[link.purchase.customer.tenant_id, link.public_id])


def renew(client, link, grant=1, **fields):
    return client.post(address_of(link, "renew"), {"grant": grant, "address": "keep", **fields}, follow=True)


def revoke(client, link):
    return client.post(address_of(link, "revoke"), follow=True)


def facts(link):
    now = DownloadLink.objects.get(pk=link.pk)
    return (
        now.grant_number,
        now.address_number,
        f"{now.granted_at:%m-%d %H:%M}",
        f"{now.expires_at:%m-%d %H:%M}",
        now.used,
    )


# Renewing


def test_a_live_link_is_renewed_from_now_and_nothing_is_added_up(clock, agent, client_of, link):
    DownloadLink.objects.update(used=13)
    clock.set("2020-01-30T00:00:00Z")
    page = renew(client_of(agent), link)
    assert facts(link) == (2, 1, "01-30 00:00", "02-13 00:00", 0)
    assert "The link is renewed at the same address: 50 downloads until 13 Feb 2020, 00:00 UTC." in words_of(page)
    assert "50 of 50 left" in words_of(page)
    event = Event.objects.get(action=Action.LINK_RENEWED)
    assert (event.actor_name, event.details["grant"], event.link_id) == (agent.email, 2, link.public_id)


def test_every_grant_is_kept_as_it_was(clock, agent, colleague, link):
    clock.set("2020-01-30T00:00:00Z")
    renew_link(link.public_id, grant_seen=1, replace_address=True, actor=colleague)
    renew_link(link.public_id, grant_seen=1, actor=agent)  # overtaken: no grant
    kept = Grant.objects.filter(link=link).values_list("number", "granted_by__email", "limit", "address_number")
    assert list(kept) == [(1, agent.email, LINK_DOWNLOADS, 1), (2, colleague.email, LINK_DOWNLOADS, 2)]
    lives = Grant.objects.values_list("granted_at", "expires_at")
    assert [(f"{start:%m-%d %H}", f"{end:%m-%d %H}") for start, end in lives] == [
        ("01-24 12", "02-07 12"),
        ("01-30 00", "02-13 00"),
    ]


@pytest.mark.parametrize("dead", ["expired", "used up"])
def test_a_dead_link_is_renewed_at_the_same_address_unless_told_otherwise(clock, agent, client_of, link, dead):
    if dead == "expired":
        clock.set("2020-02-07T12:00:00Z")
    else:
        DownloadLink.objects.update(used=LINK_DOWNLOADS)
    assert Client().post(link.get_absolute_url()).status_code == 410
    renew(client_of(agent), link)
    assert Client().post(link.get_absolute_url()).status_code == 303
    assert facts(link)[0] == 2


def test_a_replaced_address_is_dead_at_once_and_the_new_one_lives(agent, client_of, partner, link):
    page = renew(client_of(agent), link, address="replace")
    new = DownloadLink.objects.get()
    assert (new.pk, new.grant_number, new.address_number) == (link.pk, 2, 2)
    assert new.get_absolute_url() != link.get_absolute_url()
    assert "renewed at a new address" in words_of(page)
    assert new.get_absolute_url() in page.content.decode()
    assert link.get_absolute_url() not in page.content.decode()
    for answer in (Client().get(link.get_absolute_url()), Client().post(link.get_absolute_url())):
        assert answer.status_code == 410
        assert "has been replaced by one with another address" in words_of(answer)
        assert partner.support_email in words_of(answer)
    assert Client().post(new.get_absolute_url()).status_code == 303
    assert DownloadLink.objects.get().used == 1


def test_every_address_it_ever_had_is_known_and_dead(agent, link):
    replace = partial(renew_link, link.public_id, replace_address=True, actor=agent)
    old = [link.get_absolute_url(), *(replace(grant_seen=grant).link.get_absolute_url() for grant in range(1, 4))]
    newest = old.pop()
    assert len(set(old)) == 3
    assert [Client().get(address).status_code for address in old] == [410] * 3
    assert Client().get(newest).status_code == 200


def test_a_download_that_runs_goes_on_after_its_address_was_replaced(agent, link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    renew_link(link.public_id, grant_seen=1, replace_address=True, actor=agent)
    assert Client().head(session).status_code == 200


def test_a_renewal_lasts_no_longer_than_the_paid_term(clock, agent, link):
    clock.set("2021-01-20T12:00:00Z")
    renew_link(link.public_id, grant_seen=1, actor=agent)
    assert facts(link)[3] == "01-24 00:00"
    clock.set("2021-01-24T00:00:00Z")
    assert Client().get(link.get_absolute_url()).status_code == 410


def test_the_warnings_and_the_note_of_expiry_start_anew(agent, link):
    DownloadLink.objects.update(expired_at=link.granted_at, short_told_at=link.granted_at, end_told_at=link.granted_at)
    renew_link(link.public_id, grant_seen=1, actor=agent)
    now = DownloadLink.objects.get()
    assert (now.expired_at, now.short_told_at, now.end_told_at) == (None, None, None)


# Who renewed meanwhile


def test_with_an_old_number_nothing_changes_and_who_was_first_is_told(clock, agent, colleague, client_of, link):
    clock.set("2020-01-30T09:30:00Z")
    renew(client_of(colleague), link)
    DownloadLink.objects.update(used=3)
    before = facts(link)
    clock.set("2020-01-30T09:31:00Z")
    page = renew(client_of(agent), link, address="replace")
    assert facts(link) == before
    assert f"This link was renewed meanwhile by {colleague.email}, 30 Jan 2020, 09:30 UTC." in words_of(page)
    assert "47 of 50 left" in words_of(page)
    assert Event.objects.filter(action=Action.LINK_RENEWED).count() == 1


def test_who_gets_a_first_link_second_is_told_who_made_it(agent, colleague, client_of, line, link):
    data = {"build": link.build.public_id, "grant": 0}
    address = reverse("software:get", args=[line.order.customer.tenant_id, line.purchase.public_id])
    page = client_of(colleague).post(address, data, follow=True)
    assert f"This link was made meanwhile by {agent.email}" in words_of(page)
    assert facts(link)[0] == 1


def test_a_number_that_never_was_is_refused(agent, client_of, link):
    page = renew(client_of(agent), link, grant=2)
    assert page.status_code == 409
    assert "grant_unknown" in page.content.decode()
    assert facts(link)[0] == 1


@pytest.mark.parametrize(
    "fields",
    [{"grant": ""}, {"grant": "x"}, {"grant": "-1"}, {"grant": "9" * 400}, {"address": "elsewhere"}, {"address": ""}],
)
def test_a_form_that_is_not_ours_changes_nothing(agent, client_of, link, fields):
    assert renew(client_of(agent), link, **fields).status_code in {400, 409}
    assert facts(link)[:2] == (1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("replace", [False, True])
def test_two_renewals_at_once_are_one(agent, colleague, customer, replace):
    with time_machine.travel("2020-01-24T12:00:00Z"):
        link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    with time_machine.travel("2020-01-30T12:00:00Z"):
        both = in_threads(
            *[
                partial(renew_link, link.public_id, grant_seen=1, replace_address=replace, actor=actor)
                for actor in (agent, colleague)
            ]
        )
    assert sorted(granted.overtaken for granted in both) == [False, True]
    assert {granted.link.grant_number for granted in both} == {2}
    assert {granted.link.token for granted in both} == {DownloadLink.objects.get().token}
    assert facts(link)[:2] == (2, 2 if replace else 1)
    assert Event.objects.filter(action=Action.LINK_RENEWED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_renewal_and_a_download_at_once_lose_no_count(agent, customer):
    link = make_link(agent, buy_line(agent, customer, make_sku(keys=1)).purchase)
    in_threads(
        partial(renew_link, link.public_id, grant_seen=1, actor=agent),
        *[lambda: Client().post(link.get_absolute_url())] * 6,
    )
    now = DownloadLink.objects.get()
    assert DownloadSession.objects.count() == 6
    assert now.used == DownloadSession.objects.filter(grant_number=now.grant_number).count()


# Revoking


def test_a_revoked_link_and_its_downloads_are_dead_at_once(clock, agent, client_of, link):
    session = Client().post(link.get_absolute_url()).headers["Location"]
    page = revoke(client_of(agent), link)
    assert "is revoked" in words_of(page)
    assert "Get keys and downloads" in words_of(page)
    assert [Client().get(address).status_code for address in (link.get_absolute_url(), session)] == [410, 410]
    assert Client().post(link.get_absolute_url()).status_code == 410
    event = Event.objects.get(action=Action.LINK_REVOKED)
    assert (event.actor_name, event.link_id, event.details) == (
        agent.email,
        link.public_id,
        {"grant": 1, "sessions": 1},
    )


def test_revoking_twice_is_revoking_once(clock, agent, client_of, link):
    revoke(client_of(agent), link)
    clock.set("2020-01-25T12:00:00Z")
    assert revoke(client_of(agent), link).status_code == 200
    assert DownloadLink.objects.get().revoked_at == link.granted_at
    assert Event.objects.filter(action=Action.LINK_REVOKED).count() == 1


def test_a_revoked_link_is_never_renewed(agent, client_of, link):
    revoke_link(link.public_id, actor=agent)
    page = renew(client_of(agent), link)
    assert page.status_code == 409
    assert "a revoked link is never renewed" in words_of(page)
    assert facts(link)[0] == 1
    assert Client().get(link.get_absolute_url()).status_code == 410


def test_after_a_revocation_there_is_a_new_link_with_another_address(agent, line, link):
    revoke_link(link.public_id, actor=agent)
    new = grant_link(line.purchase.public_id, link.build.public_id, grant_seen=0, actor=agent).link
    assert (new.pk != link.pk, new.grant_number) == (True, 1)
    assert Client().get(new.get_absolute_url()).status_code == 200
    assert Client().get(link.get_absolute_url()).status_code == 410


# Who may


def test_a_cancelled_purchase_has_no_link_to_renew(agent, client_of, line, link):
    cancel(line, agent)
    page = renew(client_of(agent), link)
    assert page.status_code == 409
    assert "purchase_not_active" in page.content.decode()


def test_a_term_that_is_over_has_no_link_to_renew(clock, agent, link):
    clock.set("2021-01-24T00:00:00Z")
    with pytest.raises(Refusal) as refused:
        renew_link(link.public_id, grant_seen=1, actor=agent)
    assert refused.value.code == "term_over"
    assert facts(link)[0] == 1


@pytest.mark.parametrize("act", ["renew", "revoke"])
def test_only_an_admin_agent_of_the_partner_may(agent, global_admin, stranger, client_of, link, act):
    assert client_of(global_admin).post(address_of(link, act), {"grant": 1}).status_code == 403
    assert client_of(stranger).post(address_of(link, act), {"grant": 1}).status_code == 404
    elsewhere = reverse(f"software:{act}", args=[uuid4(), link.public_id])
    assert client_of(agent).post(elsewhere, {"grant": 1}).status_code == 404
    assert facts(link)[0] == 1
    assert DownloadLink.objects.get().revoked_at is None


@pytest.mark.parametrize("act", [partial(renew_link, grant_seen=1), revoke_link])
def test_to_another_partner_the_link_does_not_exist(stranger, link, act):
    with pytest.raises(DownloadLink.DoesNotExist):
        act(link.public_id, actor=stranger)
    assert facts(link)[0] == 1

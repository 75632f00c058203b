"""Partners, users, invitations, passwords; what is set for oneself (P3, P5, C10)."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.core.management import call_command
from django.urls import resolve, reverse
from django.utils import timezone

from activity.models import Action
from cancellations.windows import services as windows
from csp_portal.accounts import services
from csp_portal.accounts.models import ApiClient, Invitation, User
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import api_clients
from csp_portal.mail.models import Mail
from tests.factories import PASSWORD, UserFactory
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import AGENT, ANOTHERS, GLOBAL_ADMIN, KEEPER, OPERATOR, World

COLLEAGUE = "kim.minjun@partner.example"
LEGAL = {
    "legal_name": "深圳市晨光云服务有限公司",
    "address": "南山区科技园 1 号",
    "tax_id": "CN 91440300",
    "support_name": "服务台",
    "support_email": "desk@chenguang.example",
}


def _invited(world: World, **changed: Any) -> Invitation:
    given = {"email": COLLEAGUE, "name": "김민준", "roles": [Role.ADMIN_AGENT], **changed}
    return services.invite_user(**{"partner": world.partner, "actor": world.global_admin, **given})


def _colleague(world: World, **fields: Any) -> User:
    return UserFactory(email=COLLEAGUE, partner=world.partner, roles=[Role.ADMIN_AGENT], **fields)


@records("csp_portal.accounts.services.invitations.invite_user", rows=[Row(Action.USER_INVITED, GLOBAL_ADMIN)])
def _invite(world: World) -> Call:
    return partial(_invited, world, actor=world.global_admin)


@records("manage.py invite_user", rows=[Row(Action.USER_INVITED, system("invite_user"), OPERATOR)])
def _invite_by_command(world: World) -> Call:
    return partial(call_command, "invite_user", email="first@operator.example", name="First", role=["operator_admin"])


@records("csp_portal.accounts.services.invitations.invite_global_admin", rows=[Row(Action.USER_INVITED, KEEPER)])
def _invite_the_first(world: World) -> Call:
    return partial(services.invite_global_admin, world.partner, email=COLLEAGUE, name="김민준", actor=world.keeper)


@records("csp_portal.accounts.services.invitations.resend_invitation", rows=[Row(Action.USER_INVITED, GLOBAL_ADMIN)])
def _resend(world: World) -> Call:
    return partial(services.resend_invitation, _invited(world).public_id, actor=world.global_admin)


@records(
    "csp_portal.accounts.services.invitations.revoke_invitation", rows=[Row(Action.INVITATION_REVOKED, GLOBAL_ADMIN)]
)
def _revoke_invitation(world: World) -> Call:
    return partial(services.revoke_invitation, _invited(world).public_id, actor=world.global_admin)


@records("csp_portal.accounts.services.accepting.accept_invitation", rows=[Row(Action.USER_CREATED, COLLEAGUE)])
def _accept(world: World) -> Call:
    return partial(services.accept_invitation, _invited(world).public_id, name="김민준", password=PASSWORD)


@records("csp_portal.accounts.services.users.create_user", rows=[Row(Action.USER_CREATED, GLOBAL_ADMIN)])
def _create(world: World) -> Call:
    given = {"email": COLLEAGUE, "password": PASSWORD, "name": "김민준", "roles": [Role.ADMIN_AGENT]}
    return partial(services.create_user, partner=world.partner, actor=world.global_admin, **given)


@records("csp_portal.accounts.services.users.change_roles", rows=[Row(Action.ROLES_CHANGED, GLOBAL_ADMIN)])
def _change_roles(world: World) -> Call:
    user = _colleague(world)
    asked = {"roles": [Role.AUDITOR], "seen": user.rights}
    return partial(services.change_roles, user.public_id, actor=world.global_admin, **asked)


@records("csp_portal.accounts.services.users.deactivate_user", rows=[Row(Action.USER_DEACTIVATED, GLOBAL_ADMIN)])
def _deactivate(world: World) -> Call:
    return partial(services.deactivate_user, _colleague(world).public_id, actor=world.global_admin)


@records("csp_portal.accounts.services.users.reactivate_user", rows=[Row(Action.USER_REACTIVATED, GLOBAL_ADMIN)])
def _reactivate(world: World) -> Call:
    return partial(services.reactivate_user, _colleague(world, is_active=False).public_id, actor=world.global_admin)


@records(
    "csp_portal.accounts.services.passwords.request_password_reset", rows=[Row(Action.PASSWORD_RESET_ASKED, COLLEAGUE)]
)
def _ask_for_a_password(world: World) -> Call:
    return partial(services.request_password_reset, _colleague(world).email)


@records("csp_portal.accounts.services.passwords.reset_password", rows=[Row(Action.PASSWORD_CHANGED, COLLEAGUE)])
def _choose_a_password(world: World) -> Call:
    services.request_password_reset(_colleague(world).email)
    way = resolve(urlsplit(Mail.objects.get(to=COLLEAGUE).signed_path).path).kwargs
    return partial(services.reset_password, password="four quite different words", **way)


@records(
    "csp_portal.accounts.services.partners.create_partner",
    "operator: accounts_partner_add",
    rows=[Row(Action.PARTNER_CREATED, KEEPER, ANOTHERS)],
)
def _create_partner(world: World) -> Call:
    return partial(world.browser_of(world.keeper).post, reverse("admin:accounts_partner_add"), LEGAL)


@records(
    "csp_portal.accounts.services.partners.change_partner",
    "operator: accounts_partner_change",
    rows=[Row(Action.PARTNER_CHANGED, KEEPER)],
)
def _change_partner(world: World) -> Call:
    page = reverse("admin:accounts_partner_change", args=[world.partner.pk])
    return partial(world.browser_of(world.keeper).post, page, LEGAL)


@records("cancellations.windows.services.make_feed", rows=[Row(Action.CALENDAR_MADE)])
def _make_feed(world: World) -> Call:
    return partial(windows.make_feed, actor=world.agent)


@records("cancellations.windows.services.replace_feed", rows=[Row(Action.CALENDAR_REPLACED)])
def _replace_feed(world: World) -> Call:
    return partial(windows.replace_feed, windows.make_feed(actor=world.agent).address_number, actor=world.agent)


@records("cancellations.windows.services.revoke_feed", rows=[Row(Action.CALENDAR_REVOKED)])
def _revoke_feed(world: World) -> Call:
    windows.make_feed(actor=world.agent)
    return partial(windows.revoke_feed, actor=world.agent)


@records("cancellations.windows.services.set_weekly_mail", rows=[Row(Action.WEEKLY_MAIL_SET)])
def _refuse_the_weekly_mail(world: World) -> Call:
    return partial(windows.set_weekly_mail, False, actor=world.agent)


def _mail(world: World) -> Mail:
    """A mail that was not sent."""
    return Mail.objects.create(cause="1", to=AGENT, subject="안내", text="…", attempts=5, last_error="no answer")


@records(
    "csp_portal.mail.upkeep.try_again",
    "operator: mail_mail_try_again",
    rows=[Row(Action.MAIL_TRIED_AGAIN, KEEPER, OPERATOR)],
)
def _try_one_mail(world: World) -> Call:
    page = reverse("admin:mail_mail_try_again", args=[_mail(world).public_id])
    return partial(world.browser_of(world.keeper).post, page)


@records(
    "csp_portal.mail.upkeep.try_all_again",
    "operator: mail_mail_try_all_again",
    rows=[Row(Action.MAIL_TRIED_AGAIN, KEEPER, OPERATOR)],
)
def _try_all_mails(world: World) -> Call:
    _mail(world)
    return partial(world.browser_of(world.keeper).post, reverse("admin:mail_mail_try_all_again"))


@records(
    "csp_portal.mail.tasks.remove_old_mails",
    "manage.py remove_old_mails",
    rows=[Row(Action.MAILS_REMOVED, system("remove_old_mails"), OPERATOR)],
)
def _remove_old_mails(world: World) -> Call:
    Mail.objects.create(cause="2", to=AGENT, subject="안내", text="…", sent_at=timezone.now(), next_try_at=None)
    world.clock.set("2020-06-01T12:00:00Z")
    return partial(call_command, "remove_old_mails", stdout=world.nowhere)


record_nothing(
    "only looks",
    "csp_portal.accounts.services.accepting.usable_invitation",
    "csp_portal.accounts.services.passwords.user_to_reset",
    "csp_portal.accounts.services.sides.check_last_day",
    "csp_portal.accounts.services.sides.check_roles",
    "csp_portal.accounts.services.sides.check_scope",
    "csp_portal.accounts.services.sides.scope_details",
    "csp_portal.accounts.services.sides.one_line",
    "csp_portal.accounts.services.sides.require_side",
    "csp_portal.accounts.services.sides.require_still",
    "csp_portal.accounts.services.users.why_not_deactivate",
)
record_nothing("only locks", "csp_portal.accounts.services.sides.hold_side")
record_nothing(
    "part of what it tells of, which is recorded: a mail stands in the outbox or is not queued at all",
    "csp_portal.mail.services.queue_mail",
    "csp_portal.mail.services.queue_sending",
    "csp_portal.mail.services.queue_sweep",
)
record_nothing(
    "sends what stands in the outbox, which keeps each try",
    "csp_portal.mail.tasks.send_due_mail",
    "csp_portal.mail.tasks.send_mail",
)
record_nothing(
    "sends a mail that stands in the outbox, and notes that it did",
    "cancellations.windows.tasks.mail_closing_windows",
)
record_nothing(
    "works on the machine and not on what the portal keeps",
    "manage.py build_icons",
    "manage.py migrate",
    "manage.py run",
)
record_nothing("makes its data by the services, each with its rows", "manage.py demo")


# API clients

CLIENTS = "csp_portal.accounts.services.api_clients"
PROGRAM = "shop.0a1b2c3d@api-client.invalid"


def _client(world: World) -> ApiClient:
    return api_clients.make_client("결제 동기화", roles=[Role.AUDITOR], actor=world.global_admin)[0]


@records(f"{CLIENTS}.make_client", rows=[Row(Action.API_CLIENT_MADE, GLOBAL_ADMIN)])
def _make_client(world: World) -> Call:
    return partial(api_clients.make_client, "결제 동기화", roles=[Role.ADMIN_AGENT], actor=world.global_admin)


@records(f"{CLIENTS}.change_client", rows=[Row(Action.API_CLIENT_CHANGED, GLOBAL_ADMIN)])
def _change_client(world: World) -> Call:
    client = _client(world)
    asked = {"roles": [Role.ADMIN_AGENT], "seen": client.user.rights, "limited_to": []}
    return partial(api_clients.change_client, client.client_id, **asked, actor=world.global_admin)


@records(f"{CLIENTS}.replace_secret", rows=[Row(Action.API_CLIENT_SECRET_REPLACED, GLOBAL_ADMIN)])
def _replace_secret(world: World) -> Call:
    return partial(api_clients.replace_secret, _client(world).client_id, actor=world.global_admin)


@records(f"{CLIENTS}.revoke_client", rows=[Row(Action.API_CLIENT_REVOKED, GLOBAL_ADMIN)])
def _revoke_client(world: World) -> Call:
    return partial(api_clients.revoke_client, _client(world).client_id, actor=world.global_admin)


@records(f"{CLIENTS}.token_made", rows=[Row(Action.API_TOKEN_MADE, PROGRAM)])
def _token(world: World) -> Call:
    client = _client(world)
    client.user.email = PROGRAM
    client.user.save()
    return partial(api_clients.token_made, client, timezone.now())


record_nothing("a column that is shown, on which nothing hangs", f"{CLIENTS}.note_use")
record_nothing(
    "copies of replies, of which nobody is told",
    "csp_portal.api.tasks.remove_old_replies",
)

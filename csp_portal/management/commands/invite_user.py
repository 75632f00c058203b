"""`manage.py invite_user --email E --name N --role R`: how the first of the operator's staff comes in."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from activity.services import Actor
from csp_portal.accounts.models import NAME_LENGTH, Invitation, Partner
from csp_portal.accounts.permissions import Role
from csp_portal.accounts.services import invite_user
from csp_portal.errors import Refusal
from csp_portal.mail.addresses import signed_address


class Command(BaseCommand):
    help = "Mail an invitation to one of the operator's staff, or with --partner to a user of a partner (P5)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", required=True, action="append", choices=Role.values, help="may be given again")
        parser.add_argument("--partner", help="the partner's legal name; without it, the operator's staff")
        parser.add_argument(
            "--show", action="store_true", help="print the address too, for a portal that cannot send mail yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        invitation = self._invite(**{name: options[name] for name in ("email", "name", "role", "partner")})
        self.stdout.write(
            f"An invitation is on its way to {invitation.email}, open until {invitation.expires_at:%c} UTC."
        )
        if options["show"]:
            self.stdout.write(signed_address(invitation.get_absolute_url()))

    def _invite(self, email: str, name: str, role: list[str], partner: str | None) -> Invitation:
        if not 0 < len(name.strip()) <= NAME_LENGTH:
            raise CommandError(f"Give a name of at most {NAME_LENGTH} characters.")
        try:
            validate_email(email)
            return invite_user(
                email=email,
                name=name,
                roles=[Role(value) for value in role],
                partner=Partner.objects.get(legal_name=partner) if partner else None,
                actor=Actor.system("invite_user"),
            )
        except ValidationError as error:
            raise CommandError(f"{email!r} is no e-mail address.") from error
        except (Partner.DoesNotExist, Partner.MultipleObjectsReturned) as error:
            raise CommandError(f"There is no one partner called {partner!r}.") from error
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal

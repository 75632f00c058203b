"""Partners, their users, and the operator's staff (spec 1)."""

import uuid
from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from activity.models.scope import MOST_CUSTOMERS, LogScope
from csp_portal.accounts.permissions import (
    LIMITED_TO_CUSTOMERS,
    NEEDS_WHOLE_PARTNER,
    OPERATOR_ROLES,
    ROLES_THAT_MAY,
    Permission,
    Role,
    role_refusal,
)
from csp_portal.errors import Refusal
from csp_portal.versions import version_of

INVITATION_LIFETIME = timedelta(days=7)
MOST_OPEN_INVITATIONS = 100  # of one partner at a time, so that nobody mails the world in its name
RESET_LIFETIME = timedelta(hours=1)  # of the address at which a forgotten password is replaced
RESET_INTERVAL = timedelta(minutes=10)  # in which one user is mailed at most one of them
ADDRESS_LENGTH = 500  # characters of a partner's postal address
NAME_LENGTH = 200  # characters of a person's name
PROGRAM_DOMAIN = "api-client.invalid"  # of the addresses that stand for API clients; no mail ever goes there (RFC 2606)


class Partner(models.Model):
    """An organisation that resells. Its name and support contact stand on landing pages and invoices (P5)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    legal_name = models.CharField(_("legal name"), max_length=200)
    address = models.TextField(_("address"), max_length=ADDRESS_LENGTH)
    tax_id = models.CharField(_("tax id"), max_length=50, blank=True)
    support_name = models.CharField(_("support contact"), max_length=200)
    support_email = models.EmailField(_("support e-mail"))
    support_phone = models.CharField(_("support phone"), max_length=50, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ("legal_name",)

    def __str__(self) -> str:
        return self.legal_name

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {"partner_id": self.pk}

    @property
    def contact(self) -> str:
        """Whom to ask, in one line: name, e-mail and phone."""
        return ", ".join(part for part in (self.support_name, self.support_email, self.support_phone) if part)


def admin_role(partner_id: int | None) -> Role:
    """Who manages the users of a side: a partner's Global admins, among the operator's staff the Operator admins."""
    return Role.OPERATOR_ADMIN if partner_id is None else Role.GLOBAL_ADMIN


def roles_of_side(partner_id: int | None) -> list[Role]:
    """The roles that a partner's users, or without one the operator's staff, can hold; in the table's order."""
    return [role for role in Role if (role in OPERATOR_ROLES) == (partner_id is None)]


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> Self:
        """Users of the same partner; to the operator's staff, the staff. API clients are no people."""
        return self.filter(partner_id=user.partner_id, is_program=False)

    def admins(self) -> Self:
        """Who can sign in and manage the users of their side."""
        role = Q(partner=None, role_assignments__role=Role.OPERATOR_ADMIN)
        role |= Q(partner__isnull=False, role_assignments__role=Role.GLOBAL_ADMIN)
        return self.filter(role, is_active=True, is_program=False)

    def who_may(self, permission: Permission) -> Self:
        """People who can sign in and, by a role held today (UTC), use `permission`."""
        held = RoleAssignment.objects.in_force(timezone.now().date()).filter(role__in=ROLES_THAT_MAY[permission])
        return self.filter(is_active=True, is_program=False, pk__in=held.values("user"))

    def with_roles(self) -> Self:
        return self.prefetch_related("role_assignments")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str, **fields: Any) -> "User":
        """Make a user who signs in with `email` and `password`."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser):
    """Somebody who signs in: a partner's user, or, without a partner, the operator's staff.

    A program (an API client) acts as one too, with roles, but without a password or a mailbox: its e-mail address is a
    name only. It may be limited to some customers.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    is_active = models.BooleanField(_("active"), default=True)
    is_program = models.BooleanField(default=False, editable=False)
    limited_to = ArrayField(models.UUIDField(), default=list, blank=True, editable=False)  # customers, by tenant GUID
    sessions_ended = models.PositiveIntegerField(default=0, editable=False)  # how often all of them were
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager.from_queryset(UserQuerySet)()

    class Meta:
        ordering = ("email",)
        constraints = (
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_email_lower_case"),
            models.CheckConstraint(
                condition=Q(is_program=Q(email__endswith=f"@{PROGRAM_DOMAIN}")), name="accounts_program_has_no_mailbox"
            ),
            models.CheckConstraint(
                condition=Q(is_program=True, partner__isnull=False) | Q(is_program=False, limited_to=[]),
                name="accounts_program_of_partner",
            ),
            models.CheckConstraint(
                condition=Q(limited_to__len__lte=MOST_CUSTOMERS), name="accounts_program_limit_fits"
            ),
        )

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        return reverse("users:user", args=[self.public_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {"partner_id": self.partner_id}

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must match: Django's own hangs on the password only, this one ends with `sessions_ended`."""
        value = f"{self.sessions_ended}:{self.password}"
        return salted_hmac("csp_portal.accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def held_roles(self) -> "list[RoleAssignment]":
        """Every role that was given, in the table's order; those whose last day is over too."""
        return sorted(self.role_assignments.all(), key=lambda held: list(Role).index(Role(held.role)))

    @property
    def rights(self) -> str:
        """All that was given, as a text that is another one after each change: roles, their limits, a program's own."""
        given = [(str(held.role), str(held.last_day), held.scope.as_details()) for held in self.held_roles]
        return version_of((given, sorted(map(str, self.limited_to))))

    @cached_property
    def _held_today(self) -> "list[RoleAssignment]":
        """What was given and still counts (UTC); one query for each user object."""
        return list(self.role_assignments.in_force(timezone.now().date()))

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held today (UTC)."""
        return frozenset(Role(assignment.role) for assignment in self._held_today)

    def may(self, permission: Permission) -> bool:
        """Whether one of the user's roles may use `permission` (the table in `permissions.py`)."""
        reaches = not self.limited_to or permission not in NEEDS_WHOLE_PARTNER
        return self.is_active and reaches and bool(self.roles & ROLES_THAT_MAY[permission])

    @property
    def sees_whole_partner(self) -> bool:
        """Whether what belongs to no one customer is theirs to see; a limited client's is not."""
        return self.partner_id is not None and not self.limited_to

    @property
    def log_scope(self) -> LogScope | None:
        """Which part of the partner's log is theirs to read today; None: no part of it."""
        return self.scope_of(Permission.SEE_ACTIVITY)

    def scope_of(self, permission: Permission) -> LogScope | None:
        """How far `permission` reaches: as the role Auditor does, where no other role gives it; None: not at all."""
        giving = self.roles & ROLES_THAT_MAY[permission] if self.is_active else frozenset()
        if giving - {Role.AUDITOR}:
            return LogScope(frozenset(self.limited_to))
        found = next((held.scope for held in self._held_today if held.role in giving), None)
        return found.narrowed_to(self.limited_to) if found else None

    def works_for(self, partner_id: int, permission: Permission) -> bool:
        """Whether they still work for a partner and may use `permission` there."""
        return self.partner_id == partner_id and self.may(permission)

    def is_mailed_for(self, partner_id: int, permission: Permission) -> bool:
        """Whether mail about a partner's things goes to them: who has left is told nothing, a program reads none."""
        return self.works_for(partner_id, permission) and not self.is_program

    def refusal(self, permission: Permission) -> Refusal:
        """Why the user may not use `permission`."""
        if self.limited_to and self.roles & ROLES_THAT_MAY[permission]:
            return Refusal(LIMITED_TO_CUSTOMERS, action=permission.label, customers=len(self.limited_to))
        return role_refusal(permission, self.roles, staff=self.partner_id is None)

    def refusal_to(self, permission: Permission) -> Refusal | None:
        """The reason beside a control that the user may not use (P2); None if they may."""
        return None if self.may(permission) else self.refusal(permission)


class LimitedToScope(models.Model):
    """Which part of the log the role Auditor lets read: all of it where nothing is given (spec 1).

    Customers are named by tenant GUID. The database does not ask whose they are, and need not: every row that is read
    is one of the reader's own partner.
    """

    log_customers = ArrayField(models.UUIDField(), default=list, blank=True)
    log_first_day = models.DateField(_("first day of the log (UTC)"), null=True, blank=True)
    log_last_day = models.DateField(_("last day of the log (UTC)"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def scope(self) -> LogScope:
        return LogScope.of(self.log_customers, self.log_first_day, self.log_last_day)

    @staticmethod
    def columns_of(scope: LogScope) -> dict[str, Any]:
        """What `scope` is in the columns."""
        customers = sorted(scope.customers)
        return {"log_customers": customers, "log_first_day": scope.first_day, "log_last_day": scope.last_day}


_NO_SCOPE = Q(log_customers=[], log_first_day=None, log_last_day=None)
_SCOPE_FITS = Q(log_customers__len__lte=MOST_CUSTOMERS) & (
    Q(log_first_day=None) | Q(log_last_day=None) | Q(log_first_day__lte=F("log_last_day"))
)


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def in_force(self, day: date) -> Self:
        """Assignments that still count on `day` (UTC): an auditor's access stops by itself."""
        return self.filter(Q(last_day=None) | Q(last_day__gte=day))


class RoleAssignment(LimitedToScope):
    """One role of one user."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=30, choices=Role.choices)
    last_day = models.DateField(_("last day (UTC)"), null=True, blank=True)
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(F("user"), F("role"), name="accounts_role_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="accounts_role_known"),
            models.CheckConstraint(condition=Q(role=Role.AUDITOR) | _NO_SCOPE, name="accounts_role_scope_of_auditor"),
            models.CheckConstraint(condition=_SCOPE_FITS, name="accounts_role_scope_fits"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

    @property
    def is_over(self) -> bool:
        """Whether its last day has passed (UTC)."""
        return self.last_day is not None and self.last_day < timezone.now().date()


class InvitationState(models.TextChoices):
    OPEN = "open", _("open")
    EXPIRED = "expired", _("expired")
    ACCEPTED = "accepted", _("accepted")
    REVOKED = "revoked", _("revoked")

    @property
    def tone(self) -> str:
        """The colour of its badge."""
        return {InvitationState.OPEN: "waiting", InvitationState.ACCEPTED: "good"}.get(self, "neutral")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def visible_to(self, user: User) -> Self:
        """Invitations to the user's own partner; to the operator's staff, those to the staff."""
        return self.filter(partner_id=user.partner_id)

    def waiting(self) -> Self:
        """Neither used nor revoked; some may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def with_parties(self) -> Self:
        """With who invited and to which partner."""
        return self.select_related("partner", "invited_by")


class Invitation(LimitedToScope):
    """A way in that was mailed to one address: it works once, for 7 days (P5). Nothing stored here opens it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    roles = ArrayField(models.CharField(max_length=30, choices=Role.choices))
    auditor_last_day = models.DateField(_("last day as Auditor (UTC)"), null=True, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="invitations_sent")
    invited_by_name = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                "partner",
                "email",
                condition=Q(accepted_at=None, revoked_at=None),
                nulls_distinct=False,
                name="accounts_invitation_waiting_once",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_invitation_email_lower_case"),
            models.CheckConstraint(
                condition=Q(roles__len__gt=0, roles__contained_by=Role.values), name="accounts_invitation_has_roles"
            ),
            models.CheckConstraint(
                condition=Q(auditor_last_day=None) | Q(roles__contains=[Role.AUDITOR.value]),
                name="accounts_invitation_last_day_of_auditor",
            ),
            models.CheckConstraint(
                condition=Q(roles__contains=[Role.AUDITOR.value]) | _NO_SCOPE,
                name="accounts_invitation_scope_of_auditor",
            ),
            models.CheckConstraint(condition=_SCOPE_FITS, name="accounts_invitation_scope_fits"),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None), name="accounts_invitation_ends_once"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="accounts_invitation_expires"),
        )

    def __str__(self) -> str:
        return self.email

    def get_absolute_url(self) -> str:
        """Where it is accepted; opens only with its signature."""
        return reverse("accept_invitation", args=[self.public_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {"partner_id": self.partner_id}

    @property
    def state(self) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.OPEN if timezone.now() < self.expires_at else InvitationState.EXPIRED

    @property
    def inviter(self) -> str:
        """Whom to ask about it: the Global admin who invited, else the operator."""
        of_partner = self.invited_by is not None and self.invited_by.partner_id is not None
        return self.invited_by_name if of_partner else settings.OPERATOR_SUPPORT_EMAIL

    @property
    def role_names(self) -> list[str]:
        """Its roles as a reader is told, in the table's order."""
        return [str(role.label) for role in Role if role in self.roles]

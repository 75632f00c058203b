"""Partners, their users, and the operator's staff (spec 1)."""

import uuid
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.permissions import ROLES_THAT_MAY, Permission, Role, role_refusal
from csp_portal.errors import Refusal


class Partner(models.Model):
    """An organisation that resells. Its name and support contact stand on landing pages and invoices (P5)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    legal_name = models.CharField(_("legal name"), max_length=200)
    address = models.TextField(_("address"))
    tax_id = models.CharField(_("tax id"), max_length=50, blank=True)
    support_name = models.CharField(_("support contact"), max_length=200)
    support_email = models.EmailField(_("support e-mail"))
    support_phone = models.CharField(_("support phone"), max_length=50, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("legal_name",)

    def __str__(self) -> str:
        return self.legal_name

    @property
    def contact(self) -> str:
        """Whom to ask, in one line: name, e-mail and phone."""
        return ", ".join(part for part in (self.support_name, self.support_email, self.support_phone) if part)


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
    """Somebody who signs in: a partner's user, or, without a partner, the operator's staff."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="users")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        ordering = ("email",)
        constraints = (models.CheckConstraint(condition=Q(email=Lower("email")), name="accounts_email_lower_case"),)

    def __str__(self) -> str:
        return self.email

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles held today (UTC); one query for each user object."""
        held = self.role_assignments.in_force(timezone.now().date())
        return frozenset(Role(assignment.role) for assignment in held)

    def may(self, permission: Permission) -> bool:
        """Whether one of the user's roles may use `permission` (the table in `permissions.py`)."""
        return self.is_active and bool(self.roles & ROLES_THAT_MAY[permission])

    def refusal(self, permission: Permission) -> Refusal:
        """Why the user may not use `permission`."""
        return role_refusal(permission, self.roles, staff=self.partner_id is None)

    def refusal_to(self, permission: Permission) -> Refusal | None:
        """The reason beside a control that the user may not use (P2); None if they may."""
        return None if self.may(permission) else self.refusal(permission)


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def in_force(self, day: date) -> Self:
        """Assignments that still count on `day` (UTC): an auditor's access stops by itself."""
        return self.filter(Q(last_day=None) | Q(last_day__gte=day))


class RoleAssignment(models.Model):
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
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

"""API clients: programs of a partner that sign in with a secret and act in roles of their own (spec 1, X3)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from csp_portal.accounts.models.people import NAME_LENGTH, Partner, User

MOST_API_CLIENTS = 50  # of one partner that stand at a time
USE_NOTED_AFTER = timedelta(minutes=1)  # since it was noted last


def _client_id() -> str:
    return str(uuid.uuid4())


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the user's partner; the operator has none."""
        return self.filter(user__partner_id=user.partner_id) if user.partner_id else self.none()

    def live(self) -> Self:
        return self.filter(revoked_at=None)

    def with_roles(self) -> Self:
        """With what a list shows of each."""
        return self.select_related("user").prefetch_related("user__role_assignments")


class ApiClient(AbstractApplication):
    """A program of a partner. It acts as `user`, a user of its own that nobody signs in as, and so has its roles.

    The secret is hashed. A token is good as long as its client is, and no longer than an hour.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="api_client")
    client_id = models.CharField(max_length=36, unique=True, default=_client_id, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    made_by_name = models.CharField(max_length=254)
    secret_made_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = ApiClientQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(hash_client_secret=True), name="accounts_api_client_secret_hashed"),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("api_clients:client", args=[self.client_id])

    def log_subject(self) -> dict[str, Any]:
        """What the activity log says of it."""
        return {"partner_id": self.user.partner_id}

    def is_usable(self, request: Any) -> bool:
        """Whether it may be given a token."""
        return self.revoked_at is None and self.user.is_active

    @property
    def partner(self) -> Partner:
        assert self.user.partner is not None  # the operator has no clients
        return self.user.partner

    def accepts(self, secret_made_at: datetime) -> bool:
        """Whether a token that was had with the secret of that instant is good still."""
        return self.is_usable(None) and secret_made_at == self.secret_made_at

"""What somebody often asks the log, kept under a name (A2)."""

import uuid
from typing import Any, Self
from urllib.parse import urlencode

from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse

MOST_VIEWS = 20  # of one user
LONGEST_VIEW_NAME = 60  # characters


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> Self:
        """The user's own: a view is nobody else's."""
        return self.filter(user_id=user.pk)

    def by_name(self) -> Self:
        return self.order_by(Upper("name"), "pk")


class SavedView(models.Model):
    """A query of the log; without days it asks for the last 30 up to the day on which it is opened."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=LONGEST_VIEW_NAME)
    query = models.JSONField(default=dict)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint("user", Upper("name"), name="activity_view_name_once"),  # as `iexact` compares
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The log with the query in its address."""
        return f"{reverse('activity:log')}?{urlencode(self.query)}"

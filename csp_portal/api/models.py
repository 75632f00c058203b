"""Replies that are kept for a day, so that a call that is repeated is answered and not done again (X3)."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

KEPT = timedelta(hours=24)
LONGEST_KEY = 200  # characters of an MS-RequestId or Idempotency-Key


class StoredReply(models.Model):
    """What a POST of a client was answered, by the id that the client gave it; without keys, addresses and secrets."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    path = models.TextField()
    key = models.CharField(max_length=LONGEST_KEY)
    asked = models.BinaryField()  # SHA-256 of the body
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint("user", "path", "key", name="api_reply_once"),)

    def __str__(self) -> str:
        return f"{self.path} {self.key}"

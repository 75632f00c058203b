"""What is left of download sessions that were removed (X6)."""

from django.db import models
from django.db.models import Q

from software.models.links import DownloadLink
from software.models.sessions import DownloadSession


class RemovedDownloads(models.Model):
    """What the removed sessions of a grant come to: how many downloads, never whose (X6).

    A row of its own beside the grant's, for a link's earliest grants may have none. Written under the link's lock, in
    the transaction that removes the sessions.
    """

    link = models.ForeignKey(DownloadLink, on_delete=models.PROTECT, related_name="removed_downloads")
    grant_number = models.PositiveIntegerField()
    counted = models.PositiveIntegerField(default=0)  # without those that were given back (K8)
    bytes_sent = models.BigIntegerField(default=0)  # of those too that were given back
    last_started_at = models.DateTimeField(null=True)  # of those that count

    class Meta:
        constraints = (
            models.UniqueConstraint("link", "grant_number", name="software_removed_once_a_grant"),
            models.CheckConstraint(condition=Q(bytes_sent__gte=0), name="software_removed_bytes_sent"),
            models.CheckConstraint(
                condition=Q(counted=0, last_started_at=None) | Q(counted__gt=0, last_started_at__isnull=False),
                name="software_removed_last_of_counted",
            ),
        )

    def __str__(self) -> str:
        return f"{self.link} {self.grant_number}: {self.counted}"

    def add(self, session: DownloadSession) -> None:
        """Count a session that is being removed, unsaved."""
        self.bytes_sent += session.bytes_sent
        if session.is_counted:
            self.counted += 1
            self.last_started_at = max(self.last_started_at or session.started_at, session.started_at)

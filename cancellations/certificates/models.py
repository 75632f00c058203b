"""Certificates: what a cancellation did, written down once (C9)."""

import hashlib
import uuid
from functools import cached_property
from typing import Any, Self

from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse

from cancellations.certificates.contents import read
from cancellations.models import Cancellation
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Permission
from customers.models import Customer
from software.models import CancellationPolicy


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def visible_to(self, user: User) -> Self:
        """Those of the partner's customers; to who reads them as an Auditor alone, those that lie in their scope."""
        scope = user.scope_of(Permission.SEE_CERTIFICATES)
        if scope is None:
            return self.none()
        customers = Customer.objects.visible_to(user).within(scope)
        found = self.filter(cancellation__order_line__order__customer__in=customers)
        found = found.filter(cancellation__cancelled_at__gte=scope.begin) if scope.begin else found
        return found.filter(cancellation__cancelled_at__lt=scope.end) if scope.end else found

    def with_order(self) -> Self:
        """With what its addresses and file names are made of."""
        return self.select_related("cancellation__order_line__order__customer")


_SHA256 = Func(Func(F("document"), Value("UTF8"), function="convert_to"), function="sha256")


class Certificate(models.Model):
    """What a cancellation did, as the text that is handed out, byte for byte, with its SHA-256 (C9).

    It is made once and never changes, whatever becomes of the names, keys and settings that it tells of. Nothing is
    looked up for it any more: page and PDF show what stands in `document`.
    """

    append_only = True

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cancellation = models.OneToOneField(Cancellation, on_delete=models.PROTECT, related_name="certificate")
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(sha256=Func(_SHA256, Value("hex"), function="encode", output_field=models.TextField())),
                name="certificates_certificate_sha256",
            ),
        )

    def __str__(self) -> str:
        return str(self.public_id)

    def get_absolute_url(self) -> str:
        return reverse("certificates:certificate", args=[self.public_id])

    def write(self, document: str) -> None:
        """Give it its text, unsaved."""
        self.document, self.sha256 = document, hashlib.sha256(document.encode()).hexdigest()

    @cached_property
    def contents(self) -> dict[str, Any]:
        """What stands in the document, with its instants, days and amounts as such."""
        return read(self.document)

    @property
    def policy(self) -> CancellationPolicy:
        """The policy under which was cancelled."""
        return CancellationPolicy(self.contents["policy"]["name"])

    @property
    def file_name(self) -> str:
        """What its files are called, without their ending: by order and line, of which there may be several."""
        line = self.cancellation.order_line
        return f"certificate-{line.order.number}-{line.line_number}-{str(self.public_id)[:8]}"

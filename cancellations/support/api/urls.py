"""Addresses of support requests in the API; those with words of their own come before ids."""

from cancellations.support.api import endpoints
from cancellations.support.api.attachments import AttachmentContent, Attachments
from csp_portal.api.routes import endpoint

urlpatterns = [
    endpoint("servicerequests", endpoints.ServiceRequests, "service_requests"),
    endpoint("servicerequests/supporttopics", endpoints.SupportTopics, "support_topics"),
    endpoint("servicerequests/<id:request_id>", endpoints.NewServiceRequest, "service_request"),
    endpoint("servicerequests/<id:request_id>/attachments", Attachments, "attachments"),
    endpoint("servicerequests/<id:request_id>/attachments/<id:attachment_id>", AttachmentContent, "attachment"),
    endpoint(
        "customers/<id:tenant_id>/servicerequests", endpoints.ServiceRequestsOfCustomer, "service_requests_of_customer"
    ),
    endpoint("customers/<id:tenant_id>/servicerequests/refundquote", endpoints.RefundQuote, "refund_quote"),
    endpoint(
        "customers/<id:tenant_id>/servicerequests/<id:request_id>",
        endpoints.OneServiceRequest,
        "service_request_of_customer",
    ),
]

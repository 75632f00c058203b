from django.urls import path

from csp_portal.api.docs.views import docs, document

urlpatterns = [
    path("api/", docs, name="api_docs"),
    path("api/openapi.json", document, name="api_document"),
]

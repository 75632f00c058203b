"""Addresses of the operator's queue of support requests."""

from django.urls import include, path

from cancellations.support.views import figures, queue

app_name = "queue"

urlpatterns = [
    path("queue/", queue.queue, name="list"),
    path("queue/figures/", figures.figures, name="figures"),
    path("queue/assign/", queue.assign_chosen, name="assign_several"),
    path("queue/<str:number>/claim/", queue.claim_request, name="claim"),
    path("queue/<str:number>/assign/", queue.assign_request, name="assign"),
    path("queue/<str:number>/release/", queue.release_request, name="release"),
    path("queue/<str:number>/note/", queue.note, name="note"),
    path("queue/<str:number>/presence/", queue.presence, name="presence"),
    path("", include("cancellations.support.answering_urls")),
    path("", include("cancellations.support.deciding_urls")),
]

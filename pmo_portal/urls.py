"""The street map."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("stakeholders.home.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("mandate/", include("mandate.urls")),
    path("mandate/", include("stakeholders.overview.mandate_urls")),
    path("areas/", include("stakeholders.overview.urls")),
    path("people/", include("stakeholders.people.urls")),
    path("agreements/", include("stakeholders.agreements.urls")),
    path("digests/", include("stakeholders.digests.urls")),
]

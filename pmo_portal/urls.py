"""The street map."""

from django.contrib import admin
from django.urls import include, path

from mandate.urls import urlpatterns as writing
from pmo_portal.accounts.urls import door
from pmo_portal.accounts.urls import mine as my_sign_in
from stakeholders.overview.urls import api
from stakeholders.overview.urls import mandate as reading

urlpatterns = [
    path("", include("stakeholders.home.urls")),
    path("in/", include((door, "door"))),
    path("accounts/", include("pmo_portal.accounts.urls")),
    path("me/sign-in/", include(my_sign_in)),
    path("admin/", admin.site.urls),
    path("mandate/readers/", include("stakeholders.understanding.urls")),
    path("mandate/", include(([*reading, *writing], "mandate"))),
    path("api/", include((api, "api"))),
    path("areas/paste/", include("stakeholders.reorganisation.urls")),
    path("areas/", include("stakeholders.overview.urls")),
    path("people/", include("stakeholders.people.urls")),
    path("agreements/", include("stakeholders.agreements.urls")),
    path("digests/", include("stakeholders.digests.urls")),
]

handler400 = "pmo_portal.common.access.bad_request"

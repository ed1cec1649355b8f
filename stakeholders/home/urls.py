"""Addresses of the first page and one's own, and of the two health answers."""

from django.urls import path

from stakeholders.home import views

app_name = "home"
urlpatterns = [
    path("", views.home, name="home"),
    path("me/", views.me, name="me"),
    path("me/look/", views.theme, name="theme"),
    path("people/<id:pk>/waiting/", views.waiting, name="waiting"),
    path("settings/organisation/", views.organisation, name="organisation"),
    path("settings/organisation/logo/remove/", views.remove_logo, name="remove_logo"),
    path("setup/<str:token>/", views.set_up, name="set_up"),
    path("look/logo-<slug:digest>.png", views.logo, name="logo"),
    path("look/<slug:colour>.css", views.accent, name="accent"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

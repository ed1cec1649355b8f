"""Addresses of the PMO's pages about people."""

from django.urls import path

from stakeholders.people import views

app_name = "people"
urlpatterns = [
    path("", views.people, name="people"),
    path("add/", views.add, name="add"),
    path("issuer/", views.issuer, name="issuer"),
    path("<id:pk>/", views.person, name="person"),
    path("invite/", views.invite_several, name="invite_several"),
    path("<id:pk>/remind/", views.remind, name="remind"),
    path("<id:pk>/invite/", views.invite, name="invite"),
    path("<id:pk>/roles/", views.give_role, name="give_role"),
    path("roles/<id:pk>/end/", views.end_role, name="end_role"),
]

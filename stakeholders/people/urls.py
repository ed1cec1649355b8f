"""Addresses of the PMO's pages about people."""

from django.urls import path

from stakeholders.people import views

app_name = "people"
urlpatterns = [
    path("", views.people, name="people"),
    path("add/", views.add, name="add"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/invite/", views.invite, name="invite"),
    path("<int:pk>/roles/", views.give_role, name="give_role"),
    path("roles/<int:pk>/end/", views.end_role, name="end_role"),
]

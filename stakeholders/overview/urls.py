"""Addresses of the area pages, and of the mandate as readers see it."""

from django.urls import path

from stakeholders.overview import views

app_name = "areas"
urlpatterns = [
    path("", views.areas, name="areas"),
    path("add/", views.add_area, name="add"),
    path("<slug:slug>/", views.area, name="area"),
    path("<slug:slug>/edit/", views.edit_area, name="edit"),
]

# On the mandate's own street; the roof joins them to the addresses of writing it.
mandate = [
    path("", views.mandate, name="live"),
    path("acknowledge/", views.acknowledge, name="acknowledge"),
    path("compare/", views.compare, name="compare"),
    path("versions/<id:number>/publish/", views.publish, name="publish"),
]

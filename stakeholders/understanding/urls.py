"""Addresses of who has read the mandate, on its own street."""

from django.urls import path

from stakeholders.understanding import views

app_name = "understanding"
urlpatterns = [
    path("", views.readers, name="readers"),
    path("asked/", views.choose, name="choose"),
    path("export/", views.export, name="export"),
    path("records/", views.records, name="records"),
    path("<id:pk>/waive/", views.waive, name="waive"),
]

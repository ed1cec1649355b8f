"""Addresses of bringing an organisation in by hand, on the street of the areas."""

from django.urls import path

from stakeholders.reorganisation import views

app_name = "reorganisation"
urlpatterns = [
    path("", views.paste, name="paste"),
    path("bring-in/", views.bring_in, name="bring_in"),
]

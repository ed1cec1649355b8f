"""Addresses of digests."""

from django.urls import path

from stakeholders.digests import views

app_name = "digests"
urlpatterns = [
    path("", views.archive, name="archive"),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/<id:pk>/", views.preferences_of, name="preferences_of"),
    path("letters/<id:pk>/", views.letter, name="letter"),
    path("letters/<id:pk>/source/", views.letter_source, name="letter_source"),
    path("whole/<id:pk>/", views.whole, name="whole"),
    path("outbox/", views.outbox, name="outbox"),
    path("outbox/unwritten/", views.unwritten, name="unwritten"),
    path("leave/<str:token>/", views.leave, name="leave"),
    path("undo/<str:token>/", views.undo, name="undo"),
]

"""Addresses of agreements and promises."""

from django.urls import path

from stakeholders.agreements import views

app_name = "agreements"
urlpatterns = [
    path("", views.agreements, name="agreements"),
    path("start/<slug:slug>/", views.start, name="start"),
    path("<id:pk>/", views.agreement, name="agreement"),
    path("<id:pk>/revisions/<id:number>/", views.revision, name="revision"),
    path("<id:pk>/frame/", views.frame, name="frame"),
    path("<id:pk>/rows/add/", views.add_row, name="add_row"),
    path("<id:pk>/rows/words/", views.words, name="words"),
    path("<id:pk>/rows/<id:row_pk>/", views.row, name="row"),
    path("<id:pk>/rows/<id:row_pk>/remove/", views.remove_row, name="remove_row"),
    path("<id:pk>/rows/<id:row_pk>/note/", views.note, name="note"),
    path("<id:pk>/rows/<id:row_pk>/change/", views.change, name="change"),
    path("<id:pk>/rows/<id:row_pk>/take-back/", views.take_back, name="take_back"),
    path("<id:pk>/take-back/", views.take_all_back, name="take_all_back"),
    path("<id:pk>/share/", views.share, name="share"),
    path("<id:pk>/remind/", views.remind, name="remind"),
    path("<id:pk>/propose/", views.propose, name="propose"),
    path("<id:pk>/sign/", views.sign, name="sign"),
    path("<id:pk>/decline/", views.decline, name="decline"),
    path("<id:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<id:pk>/revise/", views.revise, name="revise"),
    path("promises/<id:pk>/", views.promise, name="promise"),
]

"""Addresses of agreements and promises."""

from django.urls import path

from stakeholders.agreements import views

app_name = "agreements"
urlpatterns = [
    path("", views.agreements, name="agreements"),
    path("start/<slug:slug>/", views.start, name="start"),
    path("<int:pk>/", views.agreement, name="agreement"),
    path("<int:pk>/revisions/<int:number>/", views.revision, name="revision"),
    path("<int:pk>/frame/", views.frame, name="frame"),
    path("<int:pk>/rows/add/", views.add_row, name="add_row"),
    path("<int:pk>/rows/<int:row_pk>/", views.row, name="row"),
    path("<int:pk>/rows/<int:row_pk>/remove/", views.remove_row, name="remove_row"),
    path("<int:pk>/rows/<int:row_pk>/note/", views.note, name="note"),
    path("<int:pk>/share/", views.share, name="share"),
    path("<int:pk>/propose/", views.propose, name="propose"),
    path("<int:pk>/sign/", views.sign, name="sign"),
    path("<int:pk>/decline/", views.decline, name="decline"),
    path("<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<int:pk>/revise/", views.revise, name="revise"),
    path("promises/<int:pk>/", views.promise, name="promise"),
]

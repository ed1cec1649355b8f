"""Addresses of writing and issuing; the page that everybody reads and the one that publishes are
overview's, under the same name."""

from django.urls import path, register_converter

from mandate import views
from mandate.forms import ROW_PARTS


class RowPart:
    """A part that is a list of rows."""

    regex = "|".join(ROW_PARTS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RowPart, "rows")

urlpatterns = [
    path("draft/", views.draft, name="draft"),
    path("draft/start/", views.start, name="start"),
    path("draft/seal/", views.seal, name="seal"),
    path("draft/<slug:part>/", views.part, name="part"),
    path("draft/clauses/paste/", views.paste, name="paste"),
    path("draft/clauses/paste/add/", views.paste_add, name="paste_add"),
    path("draft/<rows:part>/words/", views.words, name="words"),
    path("draft/<rows:part>/add/", views.add_row, name="add_row"),
    path("draft/<rows:part>/<id:pk>/", views.row, name="row"),
    path("draft/<rows:part>/<id:pk>/remove/", views.remove_row, name="remove_row"),
    path("draft/<rows:part>/<id:pk>/move/", views.move_row, name="move_row"),
    path("versions/", views.versions, name="versions"),
    path("versions/<id:number>/", views.version, name="version"),
    path("versions/<id:number>/remind/", views.remind, name="remind"),
    path("versions/<id:number>/approve/", views.approve, name="approve"),
    path("versions/<id:number>/suggest/<slug:place>/", views.suggest, name="suggest"),
    path("versions/<id:number>/suggestions/", views.answer, name="answer"),
    path("versions/<id:number>/suggestions/<id:pk>/take-back/", views.take_back, name="take_back"),
    path("versions/<id:number>/send-back/", views.send_back, name="send_back"),
]

"""Addresses of writing and issuing; the page that everybody reads and the one that publishes are
overview's, under the same name."""

from django.urls import path, register_converter

from mandate.forms import ROW_PARTS
from mandate.views import draft, incoming, parts, review


class RowPart:
    """A part that is a list of rows."""

    regex = "|".join(ROW_PARTS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RowPart, "rows")

urlpatterns = [
    path("draft/", draft.draft, name="draft"),
    path("draft/start/", draft.start, name="start"),
    path("draft/seal/", draft.seal, name="seal"),
    path("draft/file/", incoming.choose, name="incoming"),
    path("draft/file/bring-in/", incoming.bring_in, name="bring_in"),
    path("draft/<slug:part>/", parts.part, name="part"),
    path("draft/clauses/paste/", draft.paste, name="paste"),
    path("draft/clauses/paste/add/", draft.paste_add, name="paste_add"),
    path("draft/<rows:part>/words/", draft.words, name="words"),
    path("draft/<rows:part>/add/", parts.add_row, name="add_row"),
    path("draft/<rows:part>/<id:pk>/", parts.row, name="row"),
    path("draft/<rows:part>/<id:pk>/remove/", parts.remove_row, name="remove_row"),
    path("draft/<rows:part>/<id:pk>/move/", parts.move_row, name="move_row"),
    path("versions/", review.versions, name="versions"),
    path("versions/<id:number>/", review.version, name="version"),
    path("versions/<id:number>/remind/", review.remind, name="remind"),
    path("versions/<id:number>/approve/", review.approve, name="approve"),
    path("versions/<id:number>/suggest/<slug:place>/", review.suggest, name="suggest"),
    path("versions/<id:number>/suggestions/", review.answer, name="answer"),
    path("versions/<id:number>/suggestions/<id:pk>/take-back/", review.take_back, name="take_back"),
    path("versions/<id:number>/send-back/", review.send_back, name="send_back"),
    path("versions/<id:number>/publications/<id:pk>/cancel/", review.cancel, name="cancel"),
    path("versions/<id:number>/revoke/", review.revoke, name="revoke"),
    path("versions/<id:number>/withdraw/", review.withdraw, name="withdraw"),
]

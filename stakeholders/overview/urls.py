"""Addresses of the area pages, and of the mandate as readers see it."""

from django.urls import path, register_converter

from stakeholders.overview.views import areas, meanings, on_paper, own, publishing, readers


class ClauseNumber:
    """The number of a clause, such as 4.2."""

    regex = r"[1-9][0-9]{0,2}\.[1-9][0-9]{0,2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ClauseNumber, "clause")

app_name = "areas"
urlpatterns = [
    path("", areas.areas, name="areas"),
    path("add/", areas.add_area, name="add"),
    path("<slug:slug>/", areas.area, name="area"),
    path("<slug:slug>/edit/", areas.edit_area, name="edit"),
]

# On the mandate's own street; the roof joins them to the addresses of writing it.
mandate = [
    path("", readers.live, name="live"),
    path("<clause:clause>/", readers.clause, name="clause"),
    path("history/", readers.history, name="history"),
    path("history/<id:number>/", readers.history_version, name="history_version"),
    path("feed/", readers.feed, name="feed"),
    path("one-page/", on_paper.one_page, name="one_page"),
    path("one-page.pdf", on_paper.one_page_pdf, name="one_page_pdf"),
    path("mandate.pdf", on_paper.whole_pdf, name="pdf"),
    path("mandate.json", on_paper.as_json, name="json"),
    path("mandate.md", on_paper.as_markdown, name="markdown"),
    path("acknowledge/", own.acknowledge, name="acknowledge"),
    path("compare/", readers.compare, name="compare"),
    path("follow/", own.follow, name="follow"),
    path("draft/preview/", publishing.preview, name="preview"),
    path("versions/<id:number>/letter/", publishing.letter_to_copy, name="letter_to_copy"),
    path("versions/<id:number>/publish/", publishing.publish, name="publish"),
    path("areas/", meanings.clauses_and_areas, name="areas"),
    path("areas/<slug:slug>/<slug:key>/", meanings.meaning, name="meaning"),
]

# The same for programs.
api = [path("mandate/", readers.api, name="mandate")]

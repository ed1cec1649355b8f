"""The organisation's logo: looked at, drawn anew, kept by itself, and shown with a name beside it."""

import hashlib
import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from pmo_portal.accounts.actions import remove_logo, set_organisation
from pmo_portal.common.errors import NotAllowed, RuleBroken
from pmo_portal.common.models import Logo, Organisation
from stakeholders.home.logo import MOST_BYTES, redraw

pytestmark = pytest.mark.django_db
SETTINGS = "/settings/organisation/"
WORDS = {
    "name": "Fairhaven Water", "office_name": "PMO", "mandate_readers": "closed", "time_zone": "Europe/London",
}  # fmt: skip


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 480), mode: str = "RGB", **options) -> bytes:
    out = BytesIO()
    Image.new(mode, size, options.pop("colour", None)).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def claims(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is enormous."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def send(client, raw: bytes, name: str = "logo.png", **words):
    return client.post(SETTINGS, {**WORDS, **words, "logo": SimpleUploadedFile(name, raw)})


# --- drawing ------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_each_kind_of_picture_becomes_a_small_png(kind, mode):
    try:
        raw = picture(kind, (640, 480), mode)
    except (OSError, KeyError):
        pytest.skip("no such picture")
    drawn = Image.open(BytesIO(redraw(raw)))
    assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGBA", (128, 96))


@pytest.mark.parametrize(
    ("size", "drawn"), [((1000, 100), (320, 32)), ((100, 100), (96, 96)), ((10, 10), (10, 10)), ((9000, 1), (320, 1))]
)
def test_it_is_made_smaller_and_never_larger(size, drawn):
    assert Image.open(BytesIO(redraw(picture(size=size)))).size == drawn


def test_nothing_but_the_pixels_is_left():
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Secret Person")
    exif = Image.Exif()
    exif[0x010E] = "Secret Place"
    exif[0x0112] = 6  # lies on its side
    marked = picture("PNG", pnginfo=words, exif=exif, icc_profile=b"Secret Profile")
    sideways = picture("JPEG", (600, 300), exif=exif)
    assert b"Secret" in marked
    for raw in (marked, sideways):
        assert b"Secret" not in redraw(raw)
        assert not Image.open(BytesIO(redraw(raw))).info
    assert Image.open(BytesIO(redraw(sideways))).size == (48, 96), "turned upright first"


def test_what_shines_through_goes_on_shining_through():
    drawn = Image.open(BytesIO(redraw(picture(mode="RGBA", colour=(200, 0, 0, 0)))))
    assert drawn.getpixel((0, 0))[3] == 0


def test_the_upper_bits_of_a_sixteen_bit_grey_are_kept():
    drawn = Image.open(BytesIO(redraw(picture(mode="I;16", colour=0x8000))))
    assert drawn.getpixel((0, 0)) == (128, 128, 128, 255)


PNG, JPEG, WEBP = (picture(kind) for kind in ("PNG", "JPEG", "WEBP"))
BAD = {
    "nothing": b"",
    "words": b"This is a logo.",
    "a page": b"<html><script>alert(1)</script></html>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a PDF": b"%PDF-1.7\n1 0 obj\n",
    "an archive": b"PK\x03\x04" + b"\0" * 200,
    "a GIF": picture("GIF"),
    "a BMP": picture("BMP"),
    "a TIFF": picture("TIFF"),
    "an icon": picture("ICO", (64, 64)),
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "half a PNG": PNG[: len(PNG) // 2],
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "half a WebP": WEBP[: len(WEBP) // 2],
    "the head of a PNG": PNG[:8],
    "a PNG of no width": claims(0, 10),
    "a PNG without its pixels": claims(1000, 1000),
    "a bomb of pixels": claims(60_000, 60_000),
    "a smaller bomb": claims(9_500, 9_500),
    "a bomb beyond counting": claims(2**31 - 1, 2**31 - 1),
    "a bomb of words": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0))
    + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000)) + chunk(b"IEND", b""),
    "a JPEG that ends at once": b"\xff\xd8\xff\xd9",
    "a WebP that says it is long": b"RIFF\xff\xff\xff\xffWEBPVP8 ",
    "too much": b"\x89PNG\r\n\x1a\n" + b"\0" * MOST_BYTES,
}  # fmt: skip


@pytest.mark.parametrize("raw", BAD.values(), ids=BAD.keys())
def test_anything_else_is_refused_in_words_and_nothing_is_kept(raw, as_user, lead):
    with pytest.raises(RuleBroken):
        redraw(raw)
    answer = send(as_user(lead), raw, office_name="Delivery Office")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert any(words in page for words in ("Give a PNG, JPEG or WebP file", "Give a smaller one"))
    assert "Delivery Office" in page
    assert Organisation.objects.get().office_name == "PMO"
    assert not Logo.objects.exists()


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([PNG, JPEG, WEBP]), st.integers(0, 400))
def test_broken_bytes_are_drawn_or_refused_and_never_a_failure(noise, whole, place):
    try:
        drawn = redraw(whole[:place] + noise + whole[place + len(noise) :])
    except RuleBroken:
        return
    assert Image.open(BytesIO(drawn)).format == "PNG"


# --- keeping and showing ------------------------------------------------------------------------
def test_it_stands_on_every_page_at_the_door_and_on_paper_with_a_name(as_user, lead, client):
    browser = as_user(lead)
    assert send(browser, JPEG).status_code == 302
    organisation = Organisation.objects.get()
    png = bytes(Logo.objects.get().png)
    assert organisation.logo_digest == hashlib.sha256(png).hexdigest()
    address = f"/look/logo-{organisation.logo_digest}.png"
    page, door = browser.get("/").content.decode(), client.get("/in/").content.decode()
    assert page.count(address) == 2, "in the head of the page and of the printed sheet"
    assert f'src="{address}" alt="Fairhaven Water"' in page
    assert address in door
    answer = client.get(address)
    assert (answer.content, answer["Content-Type"]) == (png, "image/png")
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_new_one_has_a_new_address_and_the_old_one_is_gone(as_user, lead, client):
    browser = as_user(lead)
    send(browser, PNG)
    old = Organisation.objects.get().logo_digest
    send(browser, picture(colour="red"))
    new = Organisation.objects.get().logo_digest
    assert new != old
    assert Logo.objects.count() == 1
    assert client.get(f"/look/logo-{old}.png").status_code == 404
    assert client.get(f"/look/logo-{new}.png").status_code == 200


def test_saving_other_words_keeps_it_and_its_own_button_removes_it(as_user, lead):
    browser = as_user(lead)
    send(browser, PNG)
    kept = Organisation.objects.get().logo_digest
    browser.post(SETTINGS, {**WORDS, "footer": "Quay 3"})
    assert Organisation.objects.get().logo_digest == kept != ""
    assert "Remove the logo" in browser.get(SETTINGS).content.decode()
    assert browser.post("/settings/organisation/logo/remove/").status_code == 302
    assert Organisation.objects.get().logo_digest == ""
    assert not Logo.objects.exists()
    assert "Remove the logo" not in browser.get(SETTINGS).content.decode()
    assert "/look/logo-" not in browser.get("/").content.decode()


def test_without_a_logo_there_is_none_to_get(client):
    for digest in ("0" * 64, "x"):
        assert client.get(reverse("home:logo", kwargs={"digest": digest})).status_code == 404


@pytest.mark.parametrize("who", ["member", "issuer", "head", "sponsor"])
def test_others_neither_give_nor_take_it(who, as_user, lead, request):
    send(as_user(lead), PNG)
    by = request.getfixturevalue(who)
    by = getattr(by, "user", by)
    assert send(as_user(by), picture(colour="red")).status_code == 403
    with pytest.raises(NotAllowed):
        set_organisation(Organisation.as_stored(), by=by, fields=[], logo=b"x")
    with pytest.raises(NotAllowed):
        remove_logo(by=by)


def test_a_new_portal_may_begin_with_one(client):
    from pmo_portal.common.links import sign

    form = {
        "name": "Harbour", "office_name": "PMO", "your_name": "Ada", "email": "ada@x.example",
        "time_zone": "Europe/Paris",
    }  # fmt: skip
    address = reverse("home:set_up", kwargs={"token": sign("setup", 1)})
    bad = client.post(address, {**form, "logo": SimpleUploadedFile("logo.svg", BAD["a drawing"])})
    assert bad.status_code == 422
    assert '<details class="fold" open>' in bad.content.decode()
    assert client.post(address, {**form, "logo": SimpleUploadedFile("logo.png", PNG)}).status_code == 302
    assert Organisation.objects.get().logo_digest

"""Looks at an uploaded picture and draws it anew, small and with nothing else in it; writes nothing."""

import warnings
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from pmo_portal.common.errors import RuleBroken

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 20_000_000
SIZE = (320, 96)
FORMATS = ("PNG", "JPEG", "WEBP")
# A small file may unfold into gigabytes: what the library only warns of is refused like all the rest.
warnings.simplefilter("error", Image.DecompressionBombWarning)


def redraw(raw: bytes) -> bytes:
    """A PNG of at most 320 by 96 pixels with the pixels of a picture and nothing else of it.

    Raises RuleBroken for what is too large, or is no whole PNG, JPEG or WebP picture.
    """
    if len(raw) > MOST_BYTES:
        raise RuleBroken(_("The picture is larger than 2 MB. Give a smaller one."))
    try:
        return _drawn(raw)
    except (RuleBroken, KeyboardInterrupt):
        raise
    except Exception as problem:  # noqa: BLE001 (a broken picture breaks its reader in a hundred ways)
        raise RuleBroken(_("This is no picture that can be read. Give a PNG, JPEG or WebP file.")) from problem


def _drawn(raw: bytes) -> bytes:
    with Image.open(BytesIO(raw), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise RuleBroken(_("The picture has more than 20 million pixels. Give a smaller one."))
        upright = ImageOps.exif_transpose(picture)
        pixels = _coloured(upright)
    pixels.thumbnail(SIZE, Image.Resampling.LANCZOS)
    # Onto an empty sheet: place, camera, author and colour profile stay behind.
    sheet = Image.new("RGBA", pixels.size)
    sheet.paste(pixels)
    out = BytesIO()
    sheet.save(out, "PNG", optimize=True)
    return out.getvalue()


def _coloured(picture: Image.Image) -> Image.Image:
    """The pixels in red, green, blue and how much shines through; of sixteen bits a colour the upper eight."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode == "CMYK":
        picture = picture.convert("RGB")
    return picture.convert("RGBA")

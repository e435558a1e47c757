"""Pictures as people upload them: which way is up."""

from io import BytesIO

import pytest
from PIL import Image
from PIL.ExifTags import Base

from web.pictures import small_picture


def notes(**noted: int | str) -> bytes:
    """What a camera notes beside a picture."""
    exif = Image.Exif()
    exif.update({Base[name]: value for name, value in noted.items()})
    return exif.tobytes()


def photo(kind: str, exif: bytes) -> bytes:
    """A picture that lies on its side: what belongs at the top, in red, is on the left."""
    picture, file = Image.new("RGB", (80, 40), "blue"), BytesIO()
    picture.paste("red", (0, 0, 40, 40))
    picture.save(file, kind, exif=exif)
    return file.getvalue()


def seen(content: bytes) -> tuple[tuple[int, int], str, str]:
    """The size, and the colours of the upper left corner and the lower right one."""
    with Image.open(BytesIO(content)) as picture:
        corners = [picture.convert("RGB").getpixel(at) for at in ((4, 4), (picture.width - 4, picture.height - 4))]
        assert not picture.getexif(), "nothing else comes along"
        return picture.size, *("red" if red > blue else "blue" for red, _green, blue in corners)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_stands_as_the_camera_was_held(kind):
    assert seen(small_picture(photo(kind, notes(Orientation=6)))) == ((40, 80), "red", "blue")
    assert seen(small_picture(photo(kind, notes(Orientation=8)))) == ((40, 80), "blue", "red")


@pytest.mark.parametrize("exif", [b"", notes(Make="A camera"), notes(Orientation=9), b"Exif\0\0no notes"])
def test_a_photo_that_does_not_say_how_it_was_held_stays_as_it_is(exif):
    assert seen(small_picture(photo("JPEG", exif))) == ((80, 40), "red", "blue")

"""Pictures that people upload: read by a library, made small, and written anew, so that nothing else comes along."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST_BYTES = 256 * 1024
LARGEST_SIDE = 4096
SIDE = 160
FORMATS = ("PNG", "JPEG", "WEBP")


class InvalidPicture(ValueError):
    """Not a picture of a kind that every browser shows, or one that is too large to be read."""


def small_picture(content: bytes) -> bytes:
    """`content` (PNG, JPEG or WebP) as WebP of at most 160 pixels a side. Raises InvalidPicture."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            # Its size is known before it is unpacked: a small file can hold a picture that fills the memory.
            if max(picture.size) > LARGEST_SIDE:
                raise InvalidPicture
            small = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidPicture from error
    small.thumbnail((SIDE, SIDE))
    written = BytesIO()
    _upright(small).save(written, "WEBP", quality=90)
    return written.getvalue()


def _upright(picture: Image.Image) -> Image.Image:
    """`picture` turned as the camera was held; as it lies, where what the camera noted cannot be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # Pillow trusts such notes, and fails in as many ways as they can be broken
        return picture

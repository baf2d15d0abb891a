"""Pictures in files: what becomes of their modes, of transparency, orientation and pages."""

import numpy as np
import pytest
from PIL import Image

from chainrule.training.image_arrays import DataError
from chainrule.training.pictures import read_pictures

GRAY = np.arange(12, dtype=np.uint8).reshape(3, 4)
DEEP = np.arange(12, dtype=np.uint16).reshape(3, 4) * 5000


@pytest.fixture
def save(tmp_path):
    """Save a picture, and return its path."""

    def save(name, picture, **options):
        (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(tmp_path / name, **options)
        return tmp_path / name

    return save


def test_pictures_become_gray_or_colours_as_asked(save):
    colours = np.zeros((4, 4, 3), np.uint8)
    colours[..., 1] = 200
    files = [save("1.png", colours), save("2.png", np.full((4, 4), 7, np.uint8))]
    gray, coloured = (read_pictures(files, "x", channels=channels) for channels in (1, 3))
    # Pillow's gray is 0.299 red + 0.587 green + 0.114 blue.
    assert gray.pixels[:, :, 0, 0].tolist() == [[117], [7]]
    assert coloured.pixels[:, :, 0, 0].tolist() == [[0, 200, 0], [7, 7, 7]]
    assert (gray.recoloured, coloured.recoloured, gray.resized) == (1, 1, 0)
    assert read_pictures(files[1:], "x").recoloured == 0


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_keep_their_values_on_the_scale_of_bytes(save, ending):
    files = [save(f"deep.{ending}", DEEP), save("byte.png", GRAY)]
    found = read_pictures(files, "x")
    assert found.pixels.dtype == np.float32
    assert np.array_equal(np.rint(found.pixels[0, 0] * 257), DEEP)
    assert np.array_equal(found.pixels[1, 0], GRAY)
    assert found.notes == ("1 of 2 pictures have 16 bits; their values are divided by 257, so that white is 255",)
    scaled = read_pictures(files[:1], "x", size=(6, 8), channels=3).pixels
    assert scaled.shape == (1, 3, 6, 8)
    assert scaled.max() > 200
    assert (scaled[:, 0] == scaled[:, 2]).all()


@pytest.mark.parametrize(("dtype", "kind"), [(np.float32, "floats"), (np.int32, "32-bit integers")])
def test_numbers_without_a_white_are_left_out_with_the_reason(save, dtype, kind):
    good, bad = save("good.png", GRAY), save("bad.tif", GRAY.astype(dtype))
    found = read_pictures([bad, good], "x")
    assert found.files == (good,)
    assert f"its values are {kind}" in found.bad_files[0][1]
    assert "save it with 8 or 16 bits" in found.bad_files[0][1]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
def test_transparency_becomes_white(save, mode):
    ink = np.zeros((3, 4, 4), np.uint8)
    ink[0, :, 3] = 255  # a black line on nothing
    picture = Image.fromarray(ink)
    if mode == "P":
        picture = Image.fromarray(np.repeat([[0], [1], [1]], 4, 1).astype(np.uint8), "P")
        picture.putpalette([0, 0, 0] * 2)
        path = save("a.png", picture, transparency=1)
    else:
        path = save("a.tif" if mode == "PA" else "a.png", picture if mode == "PA" else picture.convert(mode))
    found = read_pictures([path], "x", channels=1)
    assert found.pixels[0, 0].tolist() == [[0] * 4, [255] * 4, [255] * 4]
    assert found.notes[-1] == "1 of 1 pictures have transparent parts, which were blended onto white"


def test_an_opaque_alpha_channel_changes_nothing(save):
    found = read_pictures([save("a.png", np.dstack([GRAY] * 3 + [GRAY * 0 + 255]))], "x")
    assert (found.pixels[0] == GRAY).all()
    assert found.notes == ()


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "webp"])
def test_the_orientation_of_a_camera_is_applied(save, ending):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise makes it upright
    flat = np.zeros((16, 32), np.uint8)
    flat[:, :16] = 255
    found = read_pictures([save(f"a.{ending}", flat, exif=exif)], "x", channels=1)
    assert found.pixels.shape == (1, 1, 32, 16)
    assert (found.pixels[0, 0, :14] > 200).all()
    assert (found.pixels[0, 0, 18:] < 50).all()
    assert found.resized == 0
    assert found.notes[-1] == "1 of 1 pictures were turned upright, as their EXIF orientation says"


@pytest.mark.parametrize("ending", ["tif", "gif"])
def test_the_first_of_several_pages_is_read_with_a_note(save, ending):
    pages = [Image.fromarray(GRAY + k) for k in (0, 100)]
    found = read_pictures([save(f"a.{ending}", pages[0], save_all=True, append_images=pages[1:])], "x", channels=1)
    assert np.array_equal(found.pixels[0, 0], GRAY)
    assert found.notes[-1] == "1 of 1 pictures have several pages or frames, of which only the first is read"


def test_a_single_file_that_is_no_picture_is_named_once(tmp_path):
    (tmp_path / "1.png").write_bytes(b"nothing")
    (tmp_path / "2.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read_pictures([tmp_path / "1.png"], str(tmp_path / "1.png"))
    assert str(caught.value) == f"{tmp_path / '1.png'}: its contents are no picture that Pillow can read"
    with pytest.raises(DataError, match=r"none of 2 files is a picture that can be read; .*2\.png: the file is empty"):
        read_pictures([tmp_path / "2.png", tmp_path / "1.png"], "x")

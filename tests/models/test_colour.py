"""What can be read on a colour."""

import pytest

from models.colour import ENOUGH, InvalidColour, clean_colour, contrast, readable_on, readable_under


def test_contrast_is_as_the_standard_has_it():
    assert contrast("#ffffff", "#000000") == 21 and contrast("#0f766e", "#0f766e") == 1
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48  # the best known grey that just fails


@pytest.mark.parametrize("colour", ["#0f766e", "#ffffff", "#000000", "#ff6600", "#777777", "#ffd400"])
def test_white_or_black_can_be_read_on_every_colour(colour):
    assert contrast(readable_on(colour), colour) >= ENOUGH


@pytest.mark.parametrize(("text", "background"), [
    ("#ffffff", "#ff6600"), ("#000000", "#20124d"), ("#ff6600", "#ff6600")])
def test_the_colour_that_would_do_is_near_and_can_be_read(text, background):
    better = readable_under(text, background)
    assert contrast(text, better) >= ENOUGH
    assert contrast(background, better) <= contrast(text, better)


def test_a_colour_that_will_do_stays_as_it_is():
    assert readable_under("#ffffff", "#0f766e") == "#0f766e"


def test_colours_are_kept_in_one_spelling():
    assert [clean_colour(text) for text in (" #0F766E ", "abc", "#ABC")] == ["#0f766e", "#aabbcc", "#aabbcc"]


@pytest.mark.parametrize("text", ["", "teal", "#12345", "#12345g", "#0f766e;", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(InvalidColour):
        clean_colour(text)

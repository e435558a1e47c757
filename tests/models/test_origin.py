"""What is an origin, and how it is spelt."""

import pytest

from models.origin import InvalidOrigin, clean_origin, origin_of


@pytest.mark.parametrize(("written", "origin"), [
    ("https://shop.example.com", "https://shop.example.com"),
    (" HTTPS://Shop.Example.com:443/ ", "https://shop.example.com"),
    ("shop.example.com", "https://shop.example.com"),
    ("http://localhost:3000", "http://localhost:3000"),
    ("https://bücher.example", "https://xn--bcher-kva.example"),
])
def test_an_origin_is_kept_as_browsers_spell_it(written, origin):
    assert clean_origin(written) == origin


@pytest.mark.parametrize("written", [
    "", "https://", "https://shop.example.com/products", "https://shop.example.com?x", "https://me@shop.example.com",
    "ftp://shop.example.com", "javascript://alert", "https://shop.example.com:port", "https://shop.example.com:99999",
    "a b", "https://shop;script-src *", "https://-shop.example", "https://shop..example", "*", "https://*", "'self'",
    "https://*.example.com", "https://[::1", "https://" + "x" * 64 + ".example", "https://" + "x." * 120 + "example",
])
def test_what_is_no_origin_is_refused(written):
    with pytest.raises(InvalidOrigin):
        clean_origin(written)


def test_a_wildcard_stands_for_names_below_only_where_it_may():
    assert clean_origin("https://*.example.com", wildcard=True) == "https://*.example.com"
    for written in ("https://*", "https://shop.*.com", "https://*shop.example.com"):
        with pytest.raises(InvalidOrigin):
            clean_origin(written, wildcard=True)


def test_the_origin_of_a_page():
    assert origin_of("https://Shop.example.com/a?b#c") == "https://shop.example.com"
    for address in ("", "about:blank", "/relative", "https://bü.example/", "x" * 9, "http://[x", "http://a]/"):
        assert origin_of(address) is None

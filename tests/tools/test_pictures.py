"""The pictures of terminals are readable on light and on dark pages."""

from __future__ import annotations

import re

import pytest

from tools import pictures

READABLE = 4.5  # the contrast that WCAG 2 asks of text


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["preview.svg", "review.svg"])
def test_text_of_a_picture_has_contrast_on_light_and_on_dark_pages(name: str) -> None:
    drawn = pictures.DRAWN[name]()
    style, _, dark = drawn.partition("@media (prefers-color-scheme: dark)")
    light = dict(re.findall(r"\.(olt-r\d+) \{ fill: (#\w{6})", style))
    darkened = dict(re.findall(r"\.(olt-[\w-]+) \{ fill: (#\w{6})", dark.partition("</style>")[0]))
    assert light
    assert darkened.keys() == {*light, "olt-title", "olt-window"}
    assert [each for each in light.values() if contrast(each, "#ffffff") < READABLE] == []
    window = darkened.pop("olt-window")
    assert [each for each in darkened.values() if contrast(each, window) < READABLE] == []

"""Colours of the figures: one theme for a light page, one for a dark page.

Both scales run through a single hue and their lightness only ever falls (light) or rises (dark), so that they stay in
order for every kind of colour blindness and in print. They start at the colour of the page: what is not attended to is
not there. The scale of differences runs from orange through the page's colour to teal, a pair that every kind of
colour blindness tells apart. Masked cells are a neutral grey, which no scale contains.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of one figure, as CSS writes them."""

    background: str
    text: str
    muted: str
    line: str
    masked: str
    scale: tuple[str, ...]
    diverging: tuple[str, ...]

    @property
    def diverging_colorscale(self) -> list[tuple[float, str]]:
        """The scale of differences: less, the page's colour in the middle, more."""
        last = len(self.diverging) - 1
        return [(stop / last, colour) for stop, colour in enumerate(self.diverging)]

    @property
    def negative(self) -> str:
        """The colour of numbers below 0."""
        return self.diverging[2]

    @property
    def positive(self) -> str:
        """The colour of numbers above 0."""
        return self.diverging[-3]

    @property
    def colorscale(self) -> list[tuple[float, str]]:
        """The scale as Plotly takes it: evenly spaced stops from 0 to 1."""
        last = len(self.scale) - 1
        return [(stop / last, colour) for stop, colour in enumerate(self.scale)]


LIGHT = Theme(
    background="#ffffff",
    text="#1f2328",
    muted="#5f6670",
    line="#d5d9de",
    masked="#e4e4e4",
    scale=(
        "#ffffff",
        "#e4f1f3",
        "#c1e0e5",
        "#98cbd4",
        "#6db2c0",
        "#4496ab",
        "#247a95",
        "#165c7b",
        "#103f5e",
        "#0a2340",
    ),
    diverging=(
        "#6b2a04",
        "#a3470b",
        "#cc6f28",
        "#e5a877",
        "#f5dccb",
        "#ffffff",
        "#d0e7ec",
        "#86bfcc",
        "#3a8ea5",
        "#12647f",
        "#0a3b55",
    ),
)
DARK = Theme(
    background="#14171a",
    text="#e8eaed",
    muted="#a3aab3",
    line="#3a4046",
    masked="#2f2f2f",
    scale=(
        "#14171a",
        "#132a31",
        "#143f4a",
        "#175666",
        "#216f81",
        "#398a9b",
        "#5ea6b3",
        "#8dc3ca",
        "#c1e0e2",
        "#f5fcfa",
    ),
    diverging=(
        "#ffdcb8",
        "#f4b175",
        "#d98236",
        "#a35a1c",
        "#5c3415",
        "#14171a",
        "#123e4a",
        "#1f6d80",
        "#419bb0",
        "#82c4d4",
        "#cdf0f8",
    ),
)

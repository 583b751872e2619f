"""The colour themes: dark, light and high contrast."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="lab-dark",
        primary="#7aa2f7",
        secondary="#51c07c",
        warning="#ef8e00",
        error="#e5534b",
        success="#51c07c",
        accent="#ef8e00",
        foreground="#d8dce6",
        background="#101318",
        surface="#181c24",
        panel="#222834",
        dark=True,
    ),
    Theme(
        name="lab-light",
        primary="#2f54c9",
        secondary="#1f7a45",
        warning="#a65f00",
        error="#b3261e",
        success="#1f7a45",
        accent="#a65f00",
        foreground="#1c2026",
        background="#fbfbfa",
        surface="#f0f0ee",
        panel="#e2e3e1",
        dark=False,
    ),
    Theme(
        name="lab-contrast",
        primary="#ffff00",
        secondary="#00ffff",
        warning="#ffff00",
        error="#ff6060",
        success="#00ff00",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#202020",
        dark=True,
        variables={"block-cursor-background": "#ffff00", "block-cursor-foreground": "#000000"},
    ),
)

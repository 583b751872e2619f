"""The lab on a screen."""

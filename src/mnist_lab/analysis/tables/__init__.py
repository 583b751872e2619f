"""Tables of runs and recipes: pandas frames, how a person filters and orders them, and how they are written.

``columns`` and ``query`` import no pandas, so that a screen can be made of them before it is needed.
"""

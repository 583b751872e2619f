"""A campaign of kills, errors, hostile files and crowds against real processes: ``make torture``."""

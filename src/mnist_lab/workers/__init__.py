"""The process that trains: claims requests one after another, writes their journals, publishes their records."""

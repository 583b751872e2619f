"""What a frontend asks of a runs folder: request, stop, retry; progress, coverage and time estimates."""

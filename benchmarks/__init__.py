"""The lab against what people write without it, measured side by side: epochs, start, screen, store, the report."""

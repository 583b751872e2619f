"""What the report asks, as data: presets and sections."""

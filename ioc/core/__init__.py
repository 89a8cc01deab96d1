"""Pure part: values and logic without input or output. Time is always an argument in seconds."""

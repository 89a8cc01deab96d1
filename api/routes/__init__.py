"""The routes, one module per feature, each with a `router`."""

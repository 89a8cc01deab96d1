"""One module a scene; each has `build()`, which returns its stage."""

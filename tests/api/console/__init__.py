"""End-to-end tests of the console. A package, so that its fixtures end with it."""

"""Sample clips of rendered street scenes, each with its exact truth, and the studio that renders them."""

"""Cameras in, events out."""

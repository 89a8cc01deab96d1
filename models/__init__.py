"""Pixels to detections: sessions, pre- and post-processing, tracking."""

"""Renders the sample clips: scenes are described in plain Python and drawn by Blender's Cycles."""

"""The operations API and its console."""

"""The rules: one public module per alert kind."""

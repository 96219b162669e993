"""Checks what the documentation promises, on this torch and its devices."""

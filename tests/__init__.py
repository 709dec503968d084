"""Tests mirror the rooms and connectors; they speak to the outside of things."""

"""Measuring answers against labelled questions, and chunks against labelled excerpts."""

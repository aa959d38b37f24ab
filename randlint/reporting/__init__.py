"""Findings as people and other programs want them: text, JSON, SARIF, GitHub annotations."""

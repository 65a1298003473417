"""Figures: Plotly pictures from arrays."""

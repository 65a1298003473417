"""The pages: scripts that Streamlit runs from top to bottom."""

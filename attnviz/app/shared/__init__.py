"""What the pages of the app and the lessons share.

words   typed text and numbers, written so that Streamlit shows them as they are
scheme  light or dark, as the browser is
charts  Plotly charts, sent so that the browser draws each of them once
tables  the numbers behind a picture, computed when somebody opens them
"""

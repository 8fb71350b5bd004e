"""What the pages are built of. Knows Streamlit; holds no maths."""

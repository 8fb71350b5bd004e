"""The white-box package: one small GPT, every part of it readable. Knows nothing of Streamlit."""

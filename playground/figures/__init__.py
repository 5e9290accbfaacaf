"""Arrays to pictures. No torch, no streamlit: what is drawn here was computed elsewhere."""

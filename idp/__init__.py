"""The National Digital ID: who you are, what you agreed to, what an agency may have."""

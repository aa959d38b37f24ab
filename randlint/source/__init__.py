"""From folders and bytes to text and trees: what to read, how to decode it, what it suppresses."""

"""From question to cited answer: retrieval, reading, composing, and the ways to ask."""

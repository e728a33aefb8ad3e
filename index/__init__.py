"""From article to index: sources, extraction, chunking, embedding, catalogue and vectors."""

"""History of documents: lines that the vendor writes, and notes."""

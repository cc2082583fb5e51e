"""Journal entries in other formats: curl, HAR, case file, pytest file."""

"""Journal entries in other formats: curl, HAR, Postman, case file, pytest file."""

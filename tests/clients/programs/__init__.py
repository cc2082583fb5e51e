"""Programs that use the published clients of other languages, and the installation of those clients."""

"""Names of the plugin's options and settings."""

from __future__ import annotations

URL = "mockserver_url"
COMMAND = "mockserver_command"
ARTIFACTS = "mockserver_artifacts"
SEED = "mockserver_seed"
SPECS = "mockserver_specs"

"""TOML, JSON and YAML as data plus the line each field stands on."""

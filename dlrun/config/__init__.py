"""The config: what a person may write in YAML, read strictly and explained kindly."""

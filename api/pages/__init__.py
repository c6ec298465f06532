"""What all pages share: frame, languages, messages, map, templates and static files."""

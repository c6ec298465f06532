"""Where a drone was and where it looked: sidecars, embedded subtitles, photos, KLV packets. Own parsers."""

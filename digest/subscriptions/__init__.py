"""Who is mailed: adding, importing, exporting, removing, suppressing and erasing subscribers."""

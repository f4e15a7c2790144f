"""What comes back: bounces, complaints, people who leave by mail; read, judged, recorded once."""

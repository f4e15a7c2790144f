"""Where articles come from: ``files`` reads a folder of articles. A bad article becomes a Problem, never a stop."""

"""The advisor boundary: what may be asked, who answers, and the record of both."""

"""Whether a service answers: probes of targets, bounded in time and in what is read. What they find is data."""

"""A zone as its queries meet it: which names exist, what answers, what is cut off."""

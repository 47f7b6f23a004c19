"""Resource records: names, records, their text and their types. Nothing here imports dnspython."""

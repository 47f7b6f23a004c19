"""The engine as a process that outlives us: begun, waited for by whoever comes, and what is left of a killed one."""
